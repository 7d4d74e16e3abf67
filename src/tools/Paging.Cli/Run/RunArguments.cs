namespace Paging.Cli.Run;

/// <summary>
/// Where the options of <c>paging run</c> end and the program begins: at <c>--</c>, or at the first word that is no option.
/// </summary>
internal static class RunArguments
{
    /// <summary>The same words with <c>--</c> before the program, so that the parser leaves its arguments alone.</summary>
    public static string[] Separate(string[] words)
    {
        if (words.Length == 0 || !string.Equals(words[0], "run", StringComparison.Ordinal)) return words;
        HashSet<string> withValue = new(new RunOptions().NamesWithValue, StringComparer.Ordinal);
        for (int i = 1; i < words.Length; i++)
        {
            if (string.Equals(words[i], "--", StringComparison.Ordinal)) return words;
            if (!words[i].StartsWith('-')) return [.. words[..i], "--", .. words[i..]];
            if (withValue.Contains(words[i])) i++;
        }

        return words;
    }
}
