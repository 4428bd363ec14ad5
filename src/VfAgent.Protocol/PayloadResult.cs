using System.Diagnostics.CodeAnalysis;

namespace VfAgent.Protocol;

/// <summary>What a payload says, or everything that is wrong with it.</summary>
public sealed class PayloadResult<T>
    where T : class
{
    internal PayloadResult(T value) => (Value, Errors) = (value, []);

    internal PayloadResult(IReadOnlyList<FieldError> errors) => Errors = errors;

    public T? Value { get; }

    /// <summary>In the order of the payload; empty when it is good.</summary>
    public IReadOnlyList<FieldError> Errors { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    public bool Ok => Value is not null;
}
