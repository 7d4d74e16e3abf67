using Paging.Core;

namespace Paging.Fuzz;

/// <summary>A process of a <see cref="PlainWordsRun"/>, beside what its pages hold.</summary>
/// <param name="process">The process.</param>
/// <param name="words">The word at the start of each of its pages.</param>
/// <param name="isFree">The page was given up by MADV_FREE: it reads as it was, or as zeros.</param>
internal sealed class WordMember(UserProcess process, uint[] words, bool[] isFree)
{
    public UserProcess Process { get; } = process;

    public AddressSpace Memory => Process.Memory;

    public uint[] Words { get; } = words;

    public bool[] IsFree { get; } = isFree;

    /// <summary>What it can go back to, if the run takes snapshots; with the words of then.</summary>
    public Snapshot? Snapshot { get; set; }

    public uint[] KeptWords { get; set; } = [];

    public bool[] KeptFree { get; set; } = [];

    /// <summary>Pages that hold zeros from now on.</summary>
    public void Clear(int page, int count)
    {
        Array.Clear(Words, page, count);
        Array.Clear(IsFree, page, count);
    }

    /// <summary>Ends the process, and gives up its snapshot.</summary>
    public void End()
    {
        Snapshot?.Dispose();
        Process.Dispose();
    }
}
