namespace Paging.Cli.Manual;

/// <summary>Finds the word that a misspelled one probably stands for.</summary>
internal static class NearestWord
{
    /// <summary>Returns the known word with the smallest edit distance; null if all differ too much.</summary>
    /// <remarks>At most a third of the letters may differ. The first of several equally near words is taken.</remarks>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(candidate => Distance(word, candidate));
        return nearest is not null && Distance(word, nearest) <= Math.Max(1, word.Length / 3) ? nearest : null;
    }

    /// <summary>Words for the end of a message: <c> (did you mean 'script'?)</c>, or none.</summary>
    public static string Hint(string word, IEnumerable<string> known) =>
        Find(word, known) is { } nearest ? $", did you mean '{nearest}'?" : "";

    /// <summary>The edit distance: letters inserted, removed, replaced or exchanged with their neighbour.</summary>
    internal static int Distance(string from, string to)
    {
        int[,] costs = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }

                int replaced = costs[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(replaced, Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        }

        return costs[from.Length, to.Length];
    }
}
