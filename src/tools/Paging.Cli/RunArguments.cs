using Paging.Cli.Fuzz;
using Paging.Cli.Run;

namespace Paging.Cli;

/// <summary>
/// Where the options of <c>paging run</c> and <c>fuzz</c> end and the program begins: at <c>--</c>, or at the first word that is no option.
/// </summary>
internal static class RunArguments
{
    /// <summary>Returns the words with <c>--</c> before the program, so that the parser ignores its arguments.</summary>
    public static string[] Separate(string[] words)
    {
        IEnumerable<string>? names = words.FirstOrDefault() switch
        {
            "run" => new RunRequest().NamesWithValue,
            "fuzz" => FuzzCommand.NamesWithValue,
            _ => null,
        };
        if (names is null) return words;
        HashSet<string> withValue = new(names, StringComparer.Ordinal);
        for (int i = 1; i < words.Length; i++)
        {
            if (string.Equals(words[i], "--", StringComparison.Ordinal)) return words;
            if (!words[i].StartsWith('-')) return [.. words[..i], "--", .. words[i..]];
            if (withValue.Contains(words[i])) i++;
        }

        return words;
    }
}
