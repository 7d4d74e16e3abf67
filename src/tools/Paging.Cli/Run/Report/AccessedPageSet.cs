using System.Numerics;

namespace Paging.Cli.Run.Report;

/// <summary>A set of pages of a 32-bit address space: a bit each, in blocks of 1,024 that are allocated on use.</summary>
internal sealed class AccessedPageSet
{
    private const int BlockShift = 10, WordsOfBlock = (1 << BlockShift) / 64;

    private readonly SortedDictionary<uint, ulong[]> _blocks = [];

    /// <summary>The number of pages.</summary>
    public int Count { get; private set; }

    /// <summary>The pages, ascending.</summary>
    public IEnumerable<uint> Pages
    {
        get
        {
            foreach ((uint block, ulong[] words) in _blocks)
            {
                for (uint bit = 0; bit < 1 << BlockShift; bit++)
                    if ((words[bit >> 6] & (1UL << (int)bit)) != 0) yield return (block << BlockShift) + bit;
            }
        }
    }

    /// <summary>Adds a page.</summary>
    public void Add(uint page)
    {
        ref ulong word = ref BlockOf(page >> BlockShift)[(page >> 6) % WordsOfBlock];
        ulong bit = 1UL << (int)page;
        if ((word & bit) == 0) Count++;
        word |= bit;
    }

    /// <summary>Adds all pages of another set.</summary>
    public void Add(AccessedPageSet other)
    {
        foreach ((uint block, ulong[] words) in other._blocks)
        {
            ulong[] own = BlockOf(block);
            for (int i = 0; i < words.Length; i++)
            {
                Count += BitOperations.PopCount(words[i] & ~own[i]);
                own[i] |= words[i];
            }
        }
    }

    private ulong[] BlockOf(uint block)
    {
        if (!_blocks.TryGetValue(block, out ulong[]? words)) _blocks.Add(block, words = new ulong[WordsOfBlock]);
        return words;
    }
}
