using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The operations of one thread on its pages of the slow file, and the state that it expects them to have.</summary>
internal sealed class ThreadsFilePart(
    ThreadsFile file, PagingEngine engine, UserProcess process, FuzzRandom random, int number, int memberCount)
{
    private const int PageBytes = 4096, Step = 64;

    private readonly uint[] _words = new uint[ThreadsFile.PagesEach];    // what each page is full of
    private readonly byte[] _bytes = new byte[PageBytes];
    private int _lastChange;

    public long AccessCount { get; private set; }
    public long CallCount { get; private set; }
    public string? Failure { get; private set; }

    /// <summary>Does one thing.</summary>
    /// <returns>False: memory was short, or a read has failed.</returns>
    public bool Do(int operation) => operation switch
    {
        0 => Write(),
        1 => ReadOwn(AnyPage()),
        2 => ReadOthers(),
        3 => WriteByCall(),
        4 => Drop(),
        5 => Punch(AnyPage()),
        6 => MapAgain(),
        _ => Cut(),
    };

    /// <summary>At the end: nothing is lost.</summary>
    public void ReadAll()
    {
        for (int page = 0; page < ThreadsFile.PagesEach && Failure is null; page++)
            while (!ReadOwn(page) && Failure is null)
            {
            }
    }

    private Mmu Mmu => process.Memory.Mmu;

    private bool Write()
    {
        int page = AnyPage();
        uint word = NextWord(page);
        for (int offset = 0; offset < PageBytes; offset += Step)
        {
            AccessCount++;
            if (Mmu.TryWrite(file.At(number, page) + (uint)offset, word, out MemoryFault fault)) continue;
            if (!MayBe(fault.Kind)) return Fail($"writes page {page} of its file: {fault.Kind}");
            if (offset != 0) PunchUntilDone(page);    // half of it is written
            return false;
        }

        _words[page] = word;
        return true;
    }

    private bool ReadOwn(int page)
    {
        for (int offset = 0; offset < PageBytes; offset += Step)
        {
            AccessCount++;
            if (!Mmu.TryRead(file.At(number, page) + (uint)offset, out uint word, out MemoryFault fault))
                return !MayBe(fault.Kind) && Fail($"reads page {page} of its file: {fault.Kind}");
            if (word != _words[page])
                return Fail($"page {page} of its file, offset {offset}: reads {word:x8} and has written {_words[page]:x8}");
        }

        return true;
    }

    /// <summary>Another thread's page, or the tail, which holds zeros or is not there.</summary>
    private bool ReadOthers()
    {
        int owner = random.Below(memberCount + 1), page = owner == memberCount ? random.Below(ThreadsFile.TailPages) : AnyPage();
        for (int offset = 0; offset < PageBytes; offset += Step)
        {
            AccessCount++;
            if (!Mmu.TryRead(file.At(owner, page) + (uint)offset, out uint word, out _)) return true;
            bool mayBe = owner == memberCount ? word == 0 : new ThreadTag(word).MayBe(owner, page + ThreadsFile.TagOffset);
            if (!mayBe) return Fail($"reads {word:x8} in page {page} of the file of thread {owner}");
        }

        return true;
    }

    private bool WriteByCall()
    {
        int page = AnyPage();
        uint word = NextWord(page);
        MemoryMarshal.Cast<byte, uint>(_bytes.AsSpan()).Fill(word);
        CallCount++;
        if (file.Write(process, number, page, _bytes) != Errno.None) return false;
        _words[page] = word;
        return true;
    }

    private bool Drop()
    {
        CallCount += 3;
        file.Drop(process, random.Below(memberCount));
        return true;
    }

    private bool Punch(int page)
    {
        CallCount++;
        if (file.Punch(process, number, page) != Errno.None) return false;
        _words[page] = 0;
        return true;
    }

    private void PunchUntilDone(int page)
    {
        while (!Punch(page))
        {
        }
    }

    private bool MapAgain()
    {
        CallCount += file.MapAgain(engine, process, number, AnyPage());
        return true;
    }

    private bool Cut()
    {
        CallCount += 2;
        return file.TryCut(process);
    }

    private uint NextWord(int page) => ThreadTag.Of(number, page + ThreadsFile.TagOffset, ++_lastChange | 1).Word;

    private int AnyPage() => random.Below(ThreadsFile.PagesEach);

    private static bool MayBe(MemoryFaultKind kind) => kind is MemoryFaultKind.OutOfMemory or MemoryFaultKind.BusError;

    private bool Fail(string what)
    {
        Failure ??= $"thread {number} {what}";
        return false;
    }
}
