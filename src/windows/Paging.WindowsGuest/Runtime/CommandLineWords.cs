namespace Paging.WindowsGuest.Runtime;

/// <summary>Splits a command line into arguments.</summary>
/// <remarks>
/// Source: Microsoft, Parsing C command-line arguments. 2 n backslashes before a quote are n and end or begin a quoted part; 2 n + 1 are
/// n and the quote itself; two quotes in a quoted part are one. Backslashes in the first word are ordinary characters.
/// </remarks>
internal static class CommandLineWords
{
    /// <summary>The arguments, the program's name first.</summary>
    public static List<byte[]> Split(ReadOnlySpan<byte> line)
    {
        List<byte[]> words = [];
        List<byte> word = [];
        int at = 0;
        bool isQuoted = false;
        for (; at < line.Length && (isQuoted || !IsSpace(line[at])); at++)
        {
            if (line[at] == '"') isQuoted = !isQuoted;
            else word.Add(line[at]);
        }

        words.Add([.. word]);
        while (true)
        {
            while (at < line.Length && IsSpace(line[at])) at++;
            if (at == line.Length) return words;
            words.Add(Next(line, ref at));
        }
    }

    private static byte[] Next(ReadOnlySpan<byte> line, ref int at)
    {
        List<byte> word = [];
        bool isQuoted = false;
        while (at < line.Length && (isQuoted || !IsSpace(line[at])))
        {
            int slashes = 0;
            while (at + slashes < line.Length && line[at + slashes] == '\\') slashes++;
            at += slashes;
            bool isQuote = at < line.Length && line[at] == '"';
            word.AddRange(Enumerable.Repeat((byte)'\\', isQuote ? slashes / 2 : slashes));
            if (!isQuote)
            {
                if (slashes == 0) word.Add(line[at++]);
                continue;
            }

            bool isDoubled = isQuoted && at + 1 < line.Length && line[at + 1] == '"';
            if (slashes % 2 != 0 || isDoubled) word.Add((byte)'"');
            else isQuoted = !isQuoted;
            at += isDoubled && slashes % 2 == 0 ? 2 : 1;
        }

        return [.. word];
    }

    private static bool IsSpace(byte letter) => letter is (byte)' ' or (byte)'\t';
}
