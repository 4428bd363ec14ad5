using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VfAgent.Core.Desired;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>Every folder of Cases is one test.</summary>
public sealed class PlannerCases
{
    /// <summary>Set to anything, a test that gets another plan writes it over the old one. It fails all the same.</summary>
    private const string RewriteVariable = "VFAGENT_REWRITE_PLANS";

    private const string PlanFile = "plan.txt";
    private const string PrintedFile = "printed.txt";

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Folder("")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> PrintedNames =>
        [.. Names.Select(row => row.Data).Where(name => File.Exists(Path.Combine(Folder(name), PrintedFile)))];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_is(string name) => Is(name, PlanFile, PlanText.Of(PlanCase.Read(Folder(name)).Plan()));

    [Theory]
    [MemberData(nameof(PrintedNames))]
    public void A_person_reads(string name)
    {
        PlanCase @case = PlanCase.Read(Folder(name));
        Is(name, PrintedFile, PlanPrinter.Print(Foresight.Look(@case.Desired, @case.Host, @case.Ledger)));
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

    private static void Is(string name, string fileName, string actual)
    {
        string file = Path.Combine(Folder(name), fileName);
        string expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual == expected)
            return;

        if (Environment.GetEnvironmentVariable(RewriteVariable) is { Length: > 0 })
            File.WriteAllText(file, actual);
        Assert.Fail($"""
            {name} gives another plan than its {fileName}. If this one is right, copy it there, or set {RewriteVariable}=1 and run again:

            {actual}
            It was:

            {expected}
            """);
    }

    // The source folder, not a copy beside the binary: a case that was removed or renamed is gone at once.
    private static string Folder(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Cases", name);
}
