using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using VfAgent.Core.Status;
using VfAgent.Protocol.V1;
using Phase = VfAgent.Core.Status.Phase;

namespace VfAgent.Tests.Status;

/// <summary>The closed set of reasons is in code, in the schema and in the documentation, and is the same there.</summary>
public sealed partial class ReasonsTests
{
    private static readonly Entry[] _documented =
    [
        .. Row().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "reasons.md"))).Select(row =>
            new Entry(row.Groups["code"].Value, row.Groups["phase"].Value, row.Groups["when"].Value, row.Groups["remedy"].Value)),
    ];

    [Fact]
    public void Every_reason_of_the_code_is_in_the_set_under_its_own_name() =>
        Assert.Equal(typeof(Reasons).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.Name), Codes());

    [Fact]
    public void Every_reason_is_in_the_schema_and_no_other() =>
        Assert.Equal(Codes(), ReasonCode.Descriptor.EnumTypes.Single().Values.Where(value => value.Number != 0).Select(value => value.Name));

    [Fact]
    public void Every_reason_is_documented_with_its_phase_and_remedy_and_no_other() =>
        Assert.Equal(
            Reasons.All.Select(reason => (reason.Code, reason.Phase.Word(), reason.Remedy.Length == 0 ? "-" : reason.Remedy)),
            _documented.Select(entry => (entry.Code, entry.Phase, entry.Remedy)));

    [Fact]
    public void The_schema_says_when_each_is_met_in_the_words_of_the_documentation()
    {
        string schema = File.ReadAllText(Path.Combine(Root(), "schemas", "vfagent", "v1", "condition.proto"));
        Assert.Equal(
            _documented.Select(entry => (entry.Code, $"{char.ToUpperInvariant(entry.When[0])}{entry.When[1..]}.")),
            Value().Matches(schema[schema.IndexOf("message ReasonCode", StringComparison.Ordinal)..])
                .Select(value => (value.Groups["code"].Value, Margin().Replace(value.Groups["comment"].Value, " ").Trim())));
    }

    [Fact]
    public void Whoever_has_something_to_do_is_told_what() =>
        Assert.All(Reasons.All, reason => Assert.Equal(reason.Phase == Phase.Progressing, reason.Remedy.Length == 0));

    private static IEnumerable<string> Codes() => Reasons.All.Select(reason => reason.Code);

    private static string Root([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..");

    [GeneratedRegex(
        @"^\| `(?<code>\w+)` \| `(?<phase>\w+)` \| (?<when>.+?) \| (?<remedy>.+?) \|$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Row();

    // Comment lines, but for the headings of groups, right before a value.
    [GeneratedRegex(
        @"(?<comment>(^ +// (?!--).+\n)+) +(?<code>\w+) = [1-9]\d*;",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Value();

    [GeneratedRegex(@"\n? *// ", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Margin();

    private sealed record Entry(string Code, string Phase, string When, string Remedy);
}
