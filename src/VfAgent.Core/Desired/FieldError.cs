namespace VfAgent.Core.Desired;

/// <param name="Field">Path in the sender's words, such as <c>nicSelector.devices[0]</c>; empty when the whole payload is meant.</param>
/// <param name="Message">What is wrong with the value and what is allowed.</param>
public sealed record FieldError(string Field, string Message)
{
    public override string ToString() => Field.Length == 0 ? Message : $"{Field}: {Message}";
}
