using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Code that a newcomer copies from the README works.</summary>
public sealed class ReadmeTests
{
    private static string Readme()
    {
        return Repository.Read("README.md");
    }

    /// <summary>The lines of the fenced blocks of a kind, in order; of any kind if none is named.</summary>
    private static List<string[]> Blocks(string kind)
    {
        List<string[]> blocks = [];
        string[] lines = Readme().Split('\n');
        for (int line = 0; line < lines.Length; line++)
        {
            if (!lines[line].StartsWith("```", StringComparison.Ordinal)) continue;
            int end = Array.FindIndex(lines, line + 1, static text => text.StartsWith("```", StringComparison.Ordinal));
            if (kind.Length == 0 || string.Equals(lines[line][3..].Trim(), kind, StringComparison.Ordinal))
                blocks.Add(lines[(line + 1)..end]);
            line = end;
        }

        return blocks;
    }

    [Fact]
    public void TheFirstBlockHoldsThreeCommands()
    {
        string[] commands = Blocks("").First();
        Assert.Equal(3, commands.Length);    // .ci/run executes them
        Assert.All(commands, static command => Assert.StartsWith("dotnet ", command, StringComparison.Ordinal));
        Assert.Equal(commands, Blocks("sh").First());
    }

    [Fact]
    public void TheSampleIsTheOneThatATestCompilesAndRuns()
    {
        string[] source = Repository.Read("tests/Paging.Core.Tests/Samples/EmbeddingSample.cs").Split('\n');
        int begin = Array.FindIndex(source, static line => line.Trim() is "// <README>");
        int end = Array.FindIndex(source, static line => line.Trim() is "// </README>");
        Assert.True(begin >= 0 && end > begin, "The sample has lost its marks.");
        string indentation = source[begin][..source[begin].IndexOf('/', StringComparison.Ordinal)];
        string[] sample = [.. source[(begin + 1)..end]
            .Select(line => line.StartsWith(indentation, StringComparison.Ordinal) ? line[indentation.Length..] : line)];
        Assert.Contains(sample, Blocks("csharp"));
        Assert.InRange(sample.Length, 1, 12);
    }

    [Fact]
    public void LinksLeadToFilesThatAreThere()
    {
        string readme = Readme();
        List<string> broken = [];
        for (int at = readme.IndexOf("](", StringComparison.Ordinal); at >= 0; at = readme.IndexOf("](", at + 1, StringComparison.Ordinal))
        {
            string target = readme[(at + 2)..readme.IndexOf(')', at)].Split('#')[0];
            bool isFile = target.Length != 0 && !target.Contains("://", StringComparison.Ordinal);
            if (isFile && !Path.Exists(Path.Combine(Repository.Root, target))) broken.Add(target);
        }

        Assert.Empty(broken);
    }
}
