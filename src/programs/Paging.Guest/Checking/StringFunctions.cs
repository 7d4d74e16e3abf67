namespace Paging.Guest.Checking;

/// <summary>The C library's functions on strings and memory, which load whole words and vectors, also beyond their strings.</summary>
/// <remarks>
/// Their branches on such bytes are not errors, so none is reported inside them. Instead, their strings are checked at entry. Source:
/// valgrind replaces the same functions, "Memcheck", --partial-loads-ok.
/// </remarks>
internal static class StringFunctions
{
    /// <summary>Returns true for a name of such a function, or of its variant for a processor, such as __strlen_sse2_bsf.</summary>
    public static bool Has(string name)
    {
        string plain = name.TrimStart('_');
        int end = plain.IndexOf('_', StringComparison.Ordinal);
        return end < 0 ? IsName(plain) : IsName(plain[..end]) && IsVariant(plain.AsSpan(end + 1));
    }

    private static bool IsName(string name) => name is "strlen" or "strnlen" or "strcpy" or "strncpy" or "strcat" or "strncat" or "strcmp"
        or "strncmp" or "strcasecmp" or "strncasecmp" or "strchr" or "strchrnul" or "strrchr" or "strstr" or "strcasestr" or "strspn"
        or "strcspn" or "strpbrk" or "strcoll" or "strdup" or "strndup" or "stpcpy" or "stpncpy" or "index" or "rindex"
        or "memcpy" or "mempcpy" or "memmove" or "memset" or "memcmp" or "memchr" or "memrchr" or "rawmemchr" or "memmem" or "memccpy"
        or "bcmp" or "bcopy" or "wcslen" or "wcsnlen" or "wcscpy" or "wcscmp" or "wcschr" or "wcsrchr" or "wmemcmp" or "wmemchr";

    private static bool IsVariant(ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<string> variants = ["sse", "ssse", "ia32", "i386", "i586", "i686", "avx", "chk", "l", "c"];
        foreach (string variant in variants)
            if (rest.StartsWith(variant, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>Returns true for a function that searches for an end, and so may load bytes beyond it.</summary>
    public static bool LoadsBeyond(string name)
    {
        string plain = name.TrimStart('_');
        return !(plain.StartsWith("mem", StringComparison.Ordinal) || plain.StartsWith("wmem", StringComparison.Ordinal))
            || plain.EndsWith("chr", StringComparison.Ordinal);
    }

    /// <summary>Returns the arguments of a function that are zero-terminated strings: bit 0 for the first.</summary>
    public static uint StringsOf(string name) => name switch
    {
        "strlen" or "strchr" or "strrchr" or "strdup" or "__strdup" or "index" or "rindex" or "strchrnul" => 0b01,
        "strcpy" or "stpcpy" or "__stpcpy" => 0b10,
        "strcmp" or "strcasecmp" or "strcat" or "strstr" or "strspn" or "strcspn" or "strpbrk" or "strcoll" => 0b11,
        _ => 0,
    };
}
