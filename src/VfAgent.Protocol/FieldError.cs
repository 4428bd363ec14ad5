namespace VfAgent.Protocol;

/// <summary>One thing that is wrong with a payload.</summary>
/// <param name="Field">
/// Where, as a path in the payload's own spelling: <c>numVfs</c>, <c>nicSelector.pfNames[1]</c>, <c>networkattachments[0].config.plugins[2].vlan</c>;
/// a name that is no plain word is quoted, <c>config["a.b"]</c>. Empty when it is the payload as a whole.
/// </param>
/// <param name="Message">What, for a person, with the value found. Long values are shortened.</param>
public sealed record FieldError(string Field, string Message)
{
    /// <summary><c>field: message</c></summary>
    public override string ToString() => Field.Length == 0 ? Message : $"{Field}: {Message}";
}
