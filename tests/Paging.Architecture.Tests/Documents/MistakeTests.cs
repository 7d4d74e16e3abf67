using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The mistakes that <c>tools/mistakes.py</c> makes on purpose are texts of the sources as they are now.</summary>
public sealed class MistakeTests
{
    private const int MistakeCountMin = 150;

    [Fact]
    public void TheTextOfEachStandsInItsFileOnce()
    {
        List<string> lost = [];
        int count = 0;
        foreach (string list in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "mistakes"), "*.mistake"))
        {
            foreach (string mistake in File.ReadAllText(list).Split("\nmistake ").Skip(1))
            {
                string file = Between(mistake, "\nfile ", "\n").Trim(), text = Between(mistake, "\nfind\n", "\nreplace\n");
                string source = File.ReadAllText(Path.Combine(Repository.Root, file));
                int at = source.IndexOf(text, StringComparison.Ordinal);
                bool standsOnce = at >= 0 && source.IndexOf(text, at + 1, StringComparison.Ordinal) < 0;
                string name = mistake[..mistake.IndexOf('\n', StringComparison.Ordinal)];
                if (!standsOnce) lost.Add($"{Path.GetFileName(list)}: {name}: {file}");
                count++;
            }
        }

        Assert.Empty(lost);
        Assert.InRange(count, MistakeCountMin, int.MaxValue);
    }

    private static string Between(string text, string before, string after)
    {
        int first = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[first..text.IndexOf(after, first, StringComparison.Ordinal)];
    }
}
