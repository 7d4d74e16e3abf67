using Paging.Scripting.Parsing;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Compares results of Windows scenarios: numbers by value, and bad parameters whichever of them is blamed.</summary>
public static class WindowsResults
{
    private const string InvalidParameter = "STATUS_INVALID_PARAMETER";

    /// <summary>Returns true if two results mean the same. An empty expectation agrees with everything.</summary>
    public static bool Agree(string expected, string actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        if (expected.Length == 0 || string.Equals(expected, actual, StringComparison.Ordinal)) return true;
        string[] left = Tokens(expected), right = Tokens(actual);
        if (left.Length != right.Length) return false;
        for (int i = 0; i < left.Length; i++)
            if (!AreEqual(left[i], right[i])) return false;
        return true;
    }

    private static string[] Tokens(string text) => text.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static bool AreEqual(string one, string other)
    {
        if (string.Equals(one, other, StringComparison.Ordinal)) return true;
        if (one.StartsWith(InvalidParameter, StringComparison.Ordinal))
            return IsInvalidParameter(one) && IsInvalidParameter(other);
        int at = one.IndexOf('=', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!other.StartsWith(one[..(at + 1)], StringComparison.Ordinal)) return false;
            (one, other) = (one[(at + 1)..], other[(at + 1)..]);
        }

        return TryRead(one, out long first) && TryRead(other, out long second) && first == second;
    }

    private static bool IsInvalidParameter(string text) => string.Equals(text, InvalidParameter, StringComparison.Ordinal)
        || (text.StartsWith(InvalidParameter + "_", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(InvalidParameter.Length + 1), out _));

    private static bool TryRead(string text, out long value)
    {
        bool isRead = NumberText.Read(text, out ulong magnitude, out bool isNegative) == NumberOutcome.Read;
        value = isNegative ? -(long)magnitude : (long)magnitude;
        return isRead;
    }
}
