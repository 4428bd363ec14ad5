using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Planning;

/// <summary>Every folder of Cases is one test.</summary>
public sealed class PlannerCases
{
    /// <summary>Set to anything, the tests write the plans they get over those in the source folder, and fail where one differs.</summary>
    private const string RewriteVariable = "VFAGENT_REWRITE_PLANS";

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "Cases")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_is(string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Cases", name);
        string actual = PlanText.Of(PlanCase.Read(folder).Plan());
        string file = Path.Combine(folder, "plan.txt");
        string expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual == expected)
            return;

        if (Environment.GetEnvironmentVariable(RewriteVariable) is { Length: > 0 })
            File.WriteAllText(Path.Combine(SourceFolder(), "Cases", name, "plan.txt"), actual);
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
        DesiredState desired = PlanCase.Read(Path.Combine(AppContext.BaseDirectory, "Cases", name)).Desired;
        ImmutableArray<FieldError> errors =
        [
            .. desired.Resources.Values.SelectMany(spec => DesiredValidator.Validate(spec)),
            .. desired.Attachments.Values.SelectMany(spec => DesiredValidator.Validate(spec)),
        ];
        Assert.Empty(errors);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(Path.GetDirectoryName(path))!;
}
