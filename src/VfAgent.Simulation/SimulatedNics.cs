using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfAgent.Simulation;

/// <summary>The text form of a simulated host: <c>igb:2</c>, <c>ice:1,mlx5:1</c>.</summary>
public static class SimulatedNics
{
    /// <summary>PFs have a bus each, below the buses of ice's VFs.</summary>
    public const int MaxCount = 32;

    /// <summary>Parses <c>kind:count</c>, comma separated.</summary>
    /// <param name="text">The text.</param>
    /// <param name="nics">One model for each NIC, in order of their PCI addresses.</param>
    /// <param name="error">For a person: what is wrong and what would be right.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out IReadOnlyList<NicModel>? nics, [NotNullWhen(false)] out string? error)
    {
        nics = null;
        var models = new List<NicModel>();
        foreach (string part in text.Split(','))
        {
            error = Add(part.Trim(), models);
            if (error is not null)
                return false;
        }

        (nics, error) = (models, null);
        return true;
    }

    private static string? Add(string part, List<NicModel> models)
    {
        int colon = part.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? part : part[..colon];
        NicModel? model = NicModel.All.FirstOrDefault(known => known.Kind == kind);
        if (model is null)
            return $"'{part}' names no NIC: write kind:count, where kind is one of {string.Join(", ", NicModel.All)}, such as igb:2";

        if (colon < 0 || !int.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1)
            return $"'{part}' has no count of NICs: write a colon and a number from 1 to {MaxCount} behind the kind";

        if (models.Count + count > MaxCount)
            return $"'{part}' makes more than {MaxCount} NICs, which is all that the simulated host has room for";

        models.AddRange(Enumerable.Repeat(model, count));
        return null;
    }
}
