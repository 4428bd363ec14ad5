using System.Collections.Immutable;

namespace VfAgent.Core.Desired;

/// <summary>
/// What is asked of this host right now: one immutable picture, swapped whole. Only the newest exists; there is no queue of changes.
/// </summary>
public sealed record DesiredState
{
    public static DesiredState Empty { get; } = new();

    /// <summary>The resources in force: for an object whose newest message was refused, its last good one.</summary>
    public ImmutableSortedDictionary<string, ResourceSpec> Resources { get; init; } =
        ImmutableSortedDictionary.Create<string, ResourceSpec>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, AttachmentSpec> Attachments { get; init; } =
        ImmutableSortedDictionary.Create<string, AttachmentSpec>(StringComparer.Ordinal);

    /// <summary>Objects whose newest message was refused, whether or not an earlier one is in force.</summary>
    public ImmutableDictionary<ObjectKey, Refusal> Refusals { get; init; } = ImmutableDictionary<ObjectKey, Refusal>.Empty;

    /// <summary>Objects in force that the broker would not bring back.</summary>
    public ImmutableHashSet<ObjectKey> NotRetained { get; init; } = [];

    /// <summary>What is wrong with whole documents (the config topic's, the bootstrap file), by where they came from.</summary>
    public ImmutableSortedDictionary<string, Refusal> RefusedDocuments { get; init; } =
        ImmutableSortedDictionary.Create<string, Refusal>(StringComparer.Ordinal);

    /// <summary>Objects whose config is held and cannot be read: nobody knows what they should be, so they stay as they are.</summary>
    public ImmutableHashSet<ObjectKey> Unreadable { get; init; } = [];

    /// <summary>The same for a whole document: it may ask for anything.</summary>
    public bool DocumentIsUnreadable { get; init; }

    /// <summary>The object is in force.</summary>
    public bool Has(ObjectKey key) => key.Kind == ObjectKind.Resource ? Resources.ContainsKey(key.Name) : Attachments.ContainsKey(key.Name);

    /// <summary>Whether it is certain that nothing asks for the object.</summary>
    public bool IsUnwanted(ObjectKey key) => !DocumentIsUnreadable && !Unreadable.Contains(key) && !Has(key);
}

/// <summary>Why a message was not taken.</summary>
public sealed record Refusal(ImmutableArray<FieldError> Errors)
{
    public override string ToString() => string.Join("; ", Errors);

    public bool Equals(Refusal? other) => other is not null && Errors.SequenceEqual(other.Errors);

    public override int GetHashCode() => Errors.Length;
}

public readonly record struct ObjectKey(ObjectKind Kind, string Name)
{
    public static ObjectKey Resource(string name) => new(ObjectKind.Resource, name);

    public static ObjectKey Attachment(string name) => new(ObjectKind.Attachment, name);

    /// <summary>As in the topics: <c>resources/eth3-vfs</c>.</summary>
    public override string ToString() => (Kind == ObjectKind.Resource ? "resources/" : "networkattachments/") + Name;
}

public enum ObjectKind
{
    Resource,
    Attachment,
}
