using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using VfAgent.Core.Desired;

namespace VfAgent.State;

/// <summary>
/// What tells a wish from another over a restart: all that it says, its generation too. After an update of the agent that brings new settings a wish
/// may count as new once, and then gets one more try.
/// </summary>
internal static class WishDigest
{
    public static ImmutableSortedDictionary<string, string> Of(IEnumerable<ResourceSpec> wishes) =>
        wishes.ToImmutableSortedDictionary(wish => wish.Name, Of, StringComparer.Ordinal);

    /// <summary>Whether these are wishes that are still there, whatever else is.</summary>
    public static bool AreIn(DesiredState desired, IEnumerable<KeyValuePair<string, string>> digests) =>
        digests.All(digest => desired.Resources.TryGetValue(digest.Key, out ResourceSpec? wish) && Of(wish) == digest.Value);

    public static string Of(ResourceSpec wish) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(wish, WishJson.Default.ResourceSpec)));
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ResourceSpec))]
internal sealed partial class WishJson : JsonSerializerContext;
