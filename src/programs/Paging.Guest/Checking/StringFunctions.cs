namespace Paging.Guest.Checking;

/// <summary>The C library's functions on strings and memory, which load whole words and vectors, also beyond their strings.</summary>
/// <remarks>
/// Their branches on such bytes are no errors, so none is reported inside them. Strings that they are given are checked at their entry
/// instead. Source: valgrind replaces the same functions, "Memcheck", --partial-loads-ok.
/// </remarks>
internal static class StringFunctions
{
    /// <summary>Returns true for a name of such a function.</summary>
    public static bool Has(string name)
    {
        string plain = name.TrimStart('_');
        ReadOnlySpan<string> beginnings = ["str", "mem", "wcs", "wmem", "stp", "index", "rindex", "rawmem", "bcmp", "bcopy"];
        foreach (string beginning in beginnings)
            if (plain.StartsWith(beginning, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>Which arguments of a function are strings that end with a zero: bit 0 for the first.</summary>
    public static uint StringsOf(string name) => name switch
    {
        "strlen" or "strchr" or "strrchr" or "strdup" or "__strdup" or "index" or "rindex" or "strchrnul" => 0b01,
        "strcpy" or "stpcpy" or "__stpcpy" => 0b10,
        "strcmp" or "strcasecmp" or "strcat" or "strstr" or "strspn" or "strcspn" or "strpbrk" or "strcoll" => 0b11,
        _ => 0,
    };
}
