using System.Runtime.CompilerServices;

namespace VfAgent.Conformance;

/// <summary>The kernel did not do what the check says.</summary>
public sealed class UnexpectedException(string message) : Exception(message);

internal static class Expect
{
    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new UnexpectedException($"{what}\nexpected: {expected}\nactual:   {actual}");
    }

    public static void Lines(IEnumerable<string> expected, IEnumerable<string> actual, [CallerArgumentExpression(nameof(actual))] string what = "") =>
        Equal(string.Join('\n', expected), string.Join('\n', actual), what);

    public static void True(bool condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Equal(true, condition, what);
}
