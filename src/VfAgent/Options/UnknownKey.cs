namespace VfAgent.Options;

/// <summary>Says what a key that there is not may have meant.</summary>
internal static class UnknownKey
{
    public static string Describe(string key, IReadOnlyList<Setting> table)
    {
        if (key.Contains("password", StringComparison.OrdinalIgnoreCase))
            return "there is no such key; a password is only read from a file, whose path goes to Mqtt:PasswordFile";

        string? near = table.Select(setting => setting.Key).Where(known => IsNear(key, known)).MinBy(known => Distance(key, known));
        return near is null ? "there is no such key" : $"there is no such key; did you mean {near}?";
    }

    private static bool IsNear(string key, string known) =>
        Distance(key, known) <= Math.Max(2, known.Length / 5) || string.Equals(Leaf(key), Leaf(known), StringComparison.OrdinalIgnoreCase);

    private static string Leaf(string key) => key[(key.LastIndexOf(':') + 1)..];

    // Levenshtein's, over one row.
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substitution = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
