using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfAgent.Core.Desired;

/// <summary>Indexes of VFs, written as <c>0-3,6</c>. Costs what was written, however many indexes that are.</summary>
public sealed record VfRanges
{
    /// <summary>For messages.</summary>
    public const string Rule = "indexes and ranges of them such as 0-3,6";

    // sriov_numvfs is a u16 (drivers/pci/iov.c).
    private const int MaxIndex = ushort.MaxValue - 1;

    private VfRanges(ImmutableArray<VfRange> parts) => Parts = parts;

    /// <summary>In order, with a gap between any two; never empty.</summary>
    public ImmutableArray<VfRange> Parts { get; }

    public int Highest => Parts[^1].Last;

    public int Count => Parts.Sum(part => part.Count);

    public IEnumerable<int> Indexes => Parts.SelectMany(part => Enumerable.Range(part.First, part.Count));

    /// <summary>Those below a number of VFs; null when that is 0.</summary>
    public static VfRanges? Below(int numVfs) => numVfs > 0 ? new([new VfRange(0, numVfs - 1)]) : null;

    public static bool TryParse(string text, [NotNullWhen(true)] out VfRanges? ranges)
    {
        List<VfRange> parts = [];
        ranges = null;
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryIndex(ends[0], out int first) || !TryIndex(ends[^1], out int last) || last < first)
                return false;

            parts.Add(new VfRange(first, last));
        }

        ranges = new VfRanges(Joined(parts));
        return true;
    }

    public bool Contains(int index)
    {
        int low = 0;
        for (int high = Parts.Length; low < high;)
        {
            int middle = (low + high) / 2;
            if (Parts[middle].Last < index)
                low = middle + 1;
            else
                high = middle;
        }

        return low < Parts.Length && Parts[low].First <= index;
    }

    public VfRanges And(VfRanges other) => new(Joined([.. Parts, .. other.Parts]));

    /// <summary>The indexes that both have; null when there are none.</summary>
    public VfRanges? Shared(VfRanges? other)
    {
        var both = ImmutableArray.CreateBuilder<VfRange>();
        for (int own = 0, its = 0; other is not null && own < Parts.Length && its < other.Parts.Length;)
        {
            (VfRange a, VfRange b) = (Parts[own], other.Parts[its]);
            if (Math.Max(a.First, b.First) is var first && Math.Min(a.Last, b.Last) is var last && first <= last)
                both.Add(new VfRange(first, last));
            if (a.Last < b.Last)
                own++;
            else
                its++;
        }

        return both.Count > 0 ? new VfRanges(both.ToImmutable()) : null;
    }

    public override string ToString() => string.Join(',', Parts);

    public bool Equals(VfRanges? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => HashCode.Combine(Parts.Length, Parts[0], Highest);

    private static ImmutableArray<VfRange> Joined(List<VfRange> parts)
    {
        parts.Sort((a, b) => a.First.CompareTo(b.First));
        var joined = ImmutableArray.CreateBuilder<VfRange>();
        foreach (VfRange part in parts)
        {
            if (joined.Count > 0 && part.First <= joined[^1].Last + 1)
                joined[^1] = joined[^1] with { Last = Math.Max(joined[^1].Last, part.Last) };
            else
                joined.Add(part);
        }

        return joined.ToImmutable();
    }

    private static bool TryIndex(string text, out int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index <= MaxIndex && !text.Contains('\0');
}

/// <summary>Indexes that follow each other, both ends included.</summary>
public readonly record struct VfRange(int First, int Last)
{
    public int Count => Last - First + 1;

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
