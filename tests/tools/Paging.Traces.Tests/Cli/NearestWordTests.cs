using Paging.Cli.Manual;

namespace Paging.Traces.Tests;

/// <summary>Misspelled words: each mistake of one letter, at each place of a word.</summary>
public sealed class NearestWordTests
{
    private static readonly string[] Words = ["replay", "tlb", "walk", "script", "exercise", "view", "doctor", "completion"];

    [Fact]
    public void EachMistakeOfOneLetterIsOne()
    {
        foreach (string word in Words)
        {
            Assert.Equal(0, NearestWord.Distance(word, word));
            for (int at = 0; at <= word.Length; at++)
            {
                Check(word, word.Insert(at, "#"));
                if (at == word.Length) continue;
                Check(word, word.Remove(at, 1));
                Check(word, word.Remove(at, 1).Insert(at, "#"));
                if (at > 0 && word[at] != word[at - 1]) Check(word, word.Remove(at, 1).Insert(at - 1, word[at].ToString()));
            }
        }

        static void Check(string word, string misspelled)
        {
            Assert.Equal((1, 1, word), (NearestWord.Distance(word, misspelled), NearestWord.Distance(misspelled, word), word));
            Assert.Equal(word, NearestWord.Find(misspelled, Words));
        }
    }

    /// <summary>At most a third of the letters may differ, and one always may.</summary>
    [Theory]
    [InlineData("scrpt", "script")]
    [InlineData("csrpit", "script")]
    [InlineData("cmpletin", "completion")]
    [InlineData("cmpltin", null)]
    [InlineData("wa##", null)]
    [InlineData("complt#", null)]
    [InlineData("", null)]
    public void WhatDiffersTooMuchIsNoWord(string word, string? expected) => Assert.Equal(expected, NearestWord.Find(word, Words));
}
