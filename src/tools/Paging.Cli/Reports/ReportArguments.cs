namespace Paging.Cli.Reports;

/// <summary><c>--report</c> of <c>paging script</c> is a switch, and with a name that ends in <c>.html</c> a file.</summary>
internal static class ReportArguments
{
    /// <summary>The option that replaces the two words.</summary>
    public const string FileOption = "--report-to";

    /// <summary>Returns the words with <see cref="FileOption"/> in place of <c>--report</c> where a file follows.</summary>
    public static string[] Separate(string[] words)
    {
        if (words.Length == 0 || !string.Equals(words[0], "script", StringComparison.Ordinal)) return words;
        string[] separated = [.. words];
        for (int i = 1; i + 1 < words.Length; i++)
        {
            if (string.Equals(words[i], "--", StringComparison.Ordinal)) break;
            if (words[i] is "--report" or "-r" && words[i + 1].EndsWith(".html", StringComparison.OrdinalIgnoreCase))
                separated[i] = FileOption;
        }

        return separated;
    }
}
