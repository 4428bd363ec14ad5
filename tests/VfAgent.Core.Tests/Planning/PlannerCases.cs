using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Planning;

/// <summary>Every folder of Cases is one test.</summary>
public sealed class PlannerCases
{
    /// <summary>Set to anything, a test that gets another plan writes it over the old one. It fails all the same.</summary>
    private const string RewriteVariable = "VFAGENT_REWRITE_PLANS";

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Folder("")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_is(string name)
    {
        string actual = PlanText.Of(PlanCase.Read(Folder(name)).Plan());
        string file = Path.Combine(Folder(name), "plan.txt");
        string expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual == expected)
            return;

        if (Environment.GetEnvironmentVariable(RewriteVariable) is { Length: > 0 })
            File.WriteAllText(file, actual);
        Assert.Fail($"""
            {name} gives another plan than its plan.txt. If this one is right, copy it there, or set {RewriteVariable}=1 and run again:

            {actual}
            It was:

            {expected}
            """);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_desired_could_be_sent(string name)
    {
        DesiredState desired = PlanCase.Read(Folder(name)).Desired;
        ImmutableArray<FieldError> errors =
        [
            .. desired.Resources.Values.SelectMany(spec => DesiredValidator.Validate(spec)),
            .. desired.Attachments.Values.SelectMany(spec => DesiredValidator.Validate(spec)),
        ];
        Assert.Empty(errors);
    }

    // The source folder, not a copy beside the binary: a case that was removed or renamed is gone at once.
    private static string Folder(string name, [CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Cases", name);
}
