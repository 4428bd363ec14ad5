using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfAgent.Core.Desired;

/// <summary>Indexes of VFs, written as <c>0-3,6</c>.</summary>
public sealed record VfRanges
{
    /// <summary>For messages.</summary>
    public const string Rule = "indexes and ranges of them such as 0-3,6";

    // sriov_numvfs is a u16 (drivers/pci/iov.c).
    private const int MaxIndex = ushort.MaxValue - 1;

    private readonly ImmutableSortedSet<int> _indexes;

    private VfRanges(ImmutableSortedSet<int> indexes) => _indexes = indexes;

    public int Highest => _indexes.Max;

    public int Count => _indexes.Count;

    public static VfRanges All(int numVfs) => new([.. Enumerable.Range(0, numVfs)]);

    public static bool TryParse(string text, [NotNullWhen(true)] out VfRanges? ranges)
    {
        var indexes = ImmutableSortedSet.CreateBuilder<int>();
        ranges = null;
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryIndex(ends[0], out int first) || !TryIndex(ends[^1], out int last) || last < first)
                return false;

            indexes.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        ranges = new VfRanges(indexes.ToImmutable());
        return true;
    }

    public bool Contains(int index) => _indexes.Contains(index);

    public VfRanges And(VfRanges other) => new(_indexes.Union(other._indexes));

    /// <summary>The indexes that both have; null when there are none.</summary>
    public VfRanges? Shared(VfRanges other) => _indexes.Intersect(other._indexes) is { Count: > 0 } both ? new VfRanges(both) : null;

    public IEnumerable<int> Indexes => _indexes;

    public override string ToString()
    {
        var parts = new List<string>();
        for (int start = 0; start < _indexes.Count;)
        {
            int end = start;
            while (end + 1 < _indexes.Count && _indexes[end + 1] == _indexes[end] + 1)
                end++;

            parts.Add(start == end ? $"{_indexes[start]}" : $"{_indexes[start]}-{_indexes[end]}");
            start = end + 1;
        }

        return string.Join(',', parts);
    }

    public bool Equals(VfRanges? other) => other is not null && _indexes.SetEquals(other._indexes);

    public override int GetHashCode() => HashCode.Combine(_indexes.Count, _indexes.Count > 0 ? _indexes.Max : 0);

    private static bool TryIndex(string text, out int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index <= MaxIndex && !text.Contains('\0');
}
