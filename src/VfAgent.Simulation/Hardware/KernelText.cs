namespace VfAgent.Simulation.Hardware;

/// <summary>How the kernel reads what is written to an attribute (lib/kstrtox.c).</summary>
internal static class KernelText
{
    /// <summary>kstrtou16 and its like with base 0: a leading +, prefixes 0x and 0, one trailing newline, nothing else around the digits.</summary>
    public static bool TryParseUnsigned(string text, int max, out int value)
    {
        string digits = Line(text);
        if (digits.StartsWith('+'))
            digits = digits[1..];

        int radix = 10;
        if (digits is ['0', 'x' or 'X', var first, ..] && char.IsAsciiHexDigit(first))
            (radix, digits) = (16, digits[2..]);
        else if (digits.StartsWith('0'))
            radix = 8;

        value = 0;
        foreach (char character in digits)
        {
            int digit = char.IsAsciiHexDigit(character) ? Convert.ToInt32(character.ToString(), 16) : int.MaxValue;
            if (digit >= radix || value > (max - digit) / radix)
                return false;

            value = value * radix + digit;
        }

        return digits.Length > 0;
    }

    /// <summary>kstrtobool: only the first character counts, or the second of "on" and "off".</summary>
    public static bool? ParseBool(string text) => text switch
    {
        ['y' or 'Y' or 't' or 'T' or '1', ..] => true,
        ['n' or 'N' or 'f' or 'F' or '0', ..] => false,
        ['o' or 'O', 'n' or 'N', ..] => true,
        ['o' or 'O', 'f' or 'F', ..] => false,
        _ => null,
    };

    /// <summary>Names are compared with sysfs_streq, which forgives one trailing newline.</summary>
    public static string Line(string text) => text.EndsWith('\n') ? text[..^1] : text;
}
