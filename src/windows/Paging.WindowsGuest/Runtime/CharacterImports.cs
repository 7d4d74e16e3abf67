using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of ctype.h in locale "C": ASCII.</summary>
internal static class CharacterImports
{
    public static ImportedCall[] All { get; } =
    [
        Is("isalpha", char.IsAsciiLetter), Is("isdigit", char.IsAsciiDigit), Is("isalnum", char.IsAsciiLetterOrDigit),
        Is("isupper", char.IsAsciiLetterUpper), Is("islower", char.IsAsciiLetterLower), Is("isxdigit", char.IsAsciiHexDigit),
        Is("isspace", static one => one is ' ' or (>= '\t' and <= '\r')), Is("iscntrl", static one => one < ' ' || one == 127),
        Is("isprint", static one => one is >= ' ' and < (char)127), Is("isgraph", static one => one is > ' ' and < (char)127),
        Is("ispunct", static one => one is > ' ' and < (char)127 && !char.IsAsciiLetterOrDigit(one)),
        Of("toupper", static call => char.IsAsciiLetterLower((char)call[0]) ? call[0] - 32 : call[0]),
        Of("tolower", static call => char.IsAsciiLetterUpper((char)call[0]) ? call[0] + 32 : call[0]),
        Of("_toupper", static call => call[0] - 32),
        Of("_tolower", static call => call[0] + 32),
    ];

    private static ImportedCall Is(string name, Func<char, bool> rule) => Of(name, call => call[0] < 128 && rule((char)call[0]) ? 1u : 0);
}
