using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>One thread: pages of its own in its process, and the state that it expects them to have.</summary>
internal sealed class ThreadsMember
{
    private const int PageCount = 12, PageBytes = 4096, Step = 16;    // of an access to the next one in a page
    private const uint MarkOffset = 8, MarkLength = 4;    // between the words that are written
    private const uint First = 0x1000_0000, Stride = 0x0010_0000, Aside = 0x5000_0000;

    private readonly PagingEngine _engine;
    private readonly FuzzRandom _random;
    private readonly int _number, _memberCount;
    private readonly bool _isShared;
    private readonly bool[] _isMarked = new bool[PageCount];    // the bytes at MarkOffset may not be accessed
    private readonly int[] _changes = new int[PageCount];    // 0: the page is all zeros
    private readonly ThreadsFilePart? _file;    // null: no slow file in this run
    private VirtualProcessor? _processor;
    private int _lastChange;

    public ThreadsMember(PagingEngine engine, UserProcess process, int number, int memberCount, bool isShared, bool isClone, ulong seed,
        ThreadsFile? file)
    {
        (_engine, Process, _number, _memberCount, _isShared) = (engine, process, number, memberCount, isShared);
        _random = new((seed * 31) + (ulong)number);
        if (file is not null) _file = new(file, engine, process, _random, number, memberCount);
        for (int page = 0; isClone && page < PageCount; page++) _changes[page] = (int)ThreadTag.Of(number, page, 1).Word;
    }

    /// <summary>Where the threads of a process count together, at no aligned place.</summary>
    public static VirtualAddress Counter => new(0x0F00_0000 + 61);

    public UserProcess Process { get; }
    public Coverage Coverage { get; } = new(ThreadsRun.Operations, ThreadsRun.Outcomes);
    public long OperationCount { get; private set; }
    public long AccessCount { get; private set; }
    public long CallCount { get; private set; }
    public long AddedCount { get; private set; }
    public string? Failure { get; private set; }

    private AddressSpace Memory => Process.Memory;
    private Mmu Mmu => Process.Memory.Mmu;

    /// <summary>Maps the pages of all threads and the counter.</summary>
    public static void MapAll(UserProcess process, int memberCount, bool isShared)
    {
        for (int i = 0; i < memberCount; i++) Map(process, new(First + ((uint)i * Stride)), PageCount, isShared);
        Map(process, new(Counter.Value & ~0xFFFu), 1, isShared);
    }

    /// <summary>Writes the pages of a thread as its first change would, for the start of clones.</summary>
    public static void WriteFirst(UserProcess process, int number)
    {
        for (int page = 0; page < PageCount; page++)
            for (uint offset = 0; offset < PageBytes; offset += Step)
                process.Memory.Mmu.Write(At(number, page) + offset, ThreadTag.Of(number, page, 1).Word);
    }

    /// <summary>Operations while others spoil the page tables: their outcome is ignored, and so is a failed check of the engine.</summary>
    public void RunSpoilt(int steps)
    {
        try
        {
            using VirtualProcessor processor = _engine.Threads.CreateProcessor();
            _processor = processor;
            for (int i = 0; i < steps; i++)
            {
                try
                {
                    processor.Run(Process);
                    Do(_random.OneOf([0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 11]));
                    processor.Poll();
                }
                catch (InvariantException)
                {
                    // a check has found the wild words
                }
            }

            Failure = null;
        }
        catch (Exception exception) when (exception is not InvariantException)
        {
            Failure = $"with spoilt tables: {Defect.Describe(exception)}";
        }
    }

    public void Run(int steps)
    {
        try
        {
            using VirtualProcessor processor = _engine.Threads.CreateProcessor();
            _processor = processor;
            processor.Run(Process);
            for (int i = 0; i < steps && Failure is null; i++)
            {
                bool isOfFile = _file is not null && _random.Below(2) == 0;
                int operation = isOfFile
                    ? ThreadsRun.FirstOfFile + _random.OneOf([0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 7])
                    : _random.OneOf([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 9, 10, 11, 12]);
                OperationCount++;
                bool hasMemory = isOfFile ? _file!.Do(operation - ThreadsRun.FirstOfFile) : Do(operation);
                Failure ??= _file?.Failure;
                Coverage.Add(operation, hasMemory ? 0 : 1);
                processor.Poll();
            }

            for (int page = 0; page < PageCount && Failure is null; page++) ReadOwn(Process, page);
            if (Failure is null) _file?.ReadAll();
            Failure ??= _file?.Failure;
            AccessCount += _file?.AccessCount ?? 0;
            CallCount += _file?.CallCount ?? 0;
            processor.Rest();
        }
        catch (Exception exception)
        {
            Failure = Defect.Describe(exception);
        }
    }

    private bool Do(int operation) => operation switch
    {
        0 => Write(),
        1 => ReadOwn(Process, AnyPage()),
        2 => ReadOthers(),
        3 => HoldToRead(),
        4 => HoldToWrite(),
        5 => Count(),
        6 => Unmap(),
        7 => Protect(),
        8 => Change(Memory.Advise(At(_number, 2), PagesToBytes(4), Discarding), 2, 4),
        9 => PageOut(),
        10 => Move(),
        11 => Fork(),
        _ => Mark(),
    };

    private bool Write()
    {
        int page = AnyPage();
        ThreadTag tag = ThreadTag.Of(_number, page, ++_lastChange | 1);
        AccessCount += PageBytes / Step;
        for (int offset = PageBytes - Step; offset >= 0; offset -= Step)
            if (!Mmu.TryWrite(At(_number, page) + (uint)offset, tag.Word, out MemoryFault fault))
                return Refused(fault, page, offset != PageBytes - Step);
        _changes[page] = (int)tag.Word;
        return true;
    }

    private bool ReadOwn(UserProcess process, int page)
    {
        AccessCount += PageBytes / Step;
        for (int offset = 0; offset < PageBytes; offset += Step)
        {
            if (!process.Memory.Mmu.TryRead(At(_number, page) + (uint)offset, out uint word, out MemoryFault fault))
                return Refused(fault, page, isHalf: false);
            if (word != (uint)_changes[page])
                return Fail($"thread {_number}, page {page}, offset {offset}: reads {word:x8} and has written {_changes[page]:x8}");
        }

        return true;
    }

    private bool ReadOthers()
    {
        int owner = _random.Below(_memberCount), page = AnyPage();
        for (int offset = 0; offset < PageBytes; offset += Step)
        {
            AccessCount++;
            if (!Mmu.TryRead(At(owner, page) + (uint)offset, out uint word, out _)) return true;    // not mapped just now
            if (!new ThreadTag(word).MayBe(owner, page)) return Fail($"thread {_number} reads {word:x8} in page {page} of thread {owner}");
        }

        return true;
    }

    /// <summary>A span is the thread's until it polls, even if others unmap the page.</summary>
    private bool HoldToRead()
    {
        int owner = _random.Below(_memberCount), page = AnyPage();
        if (!Mmu.TryGetSpan(At(owner, page), PageBytes, AccessKind.Read, out ReadOnlySpan<byte> span, out _)) return true;
        AccessCount += 8 * 16;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(span);
        for (int i = 0; i < 8; i++)
        {
            Linger();
            for (int at = i; at < words.Length; at += words.Length / 16)
                if (!new ThreadTag(words[at & ~3]).MayBe(owner, page))
                    return Fail($"thread {_number} holds {words[at & ~3]:x8} in page {page} of thread {owner}");
        }

        return true;
    }

    private bool HoldToWrite()
    {
        int page = AnyPage();
        if (!Mmu.TryGetWritableSpan(At(_number, page), PageBytes, out Span<byte> span, out MemoryFault fault))
            return (_isMarked[page] && fault.Kind == MemoryFaultKind.Device) || Refused(fault, page, isHalf: false);
        ThreadTag tag = ThreadTag.Of(_number, page, ++_lastChange | 1);
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(span);
        AccessCount += PageBytes / Step;
        for (int at = 0; at < words.Length; at += Step / sizeof(uint))
        {
            if ((at & 255) == 0) Linger();
            words[at] = tag.Word;
        }

        _changes[page] = (int)tag.Word;
        return true;
    }

    private bool Count()
    {
        AccessCount++;
        if (!Mmu.TryAdd(Counter, 1ul, out _, out MemoryFault fault))
            return fault.Kind != MemoryFaultKind.OutOfMemory && Fail($"the counter: {fault.Kind}");
        AddedCount++;
        return true;
    }

    private bool Unmap()
    {
        int page = AnyPage();
        uint length = PagesToBytes(Math.Min(3, PageCount - page));
        CallCount++;    // and mmap, which a change counts
        if (!Change(Memory.Unmap(At(_number, page), length), page, Math.Min(3, PageCount - page))) return false;
        Array.Clear(_isMarked, page, (int)(length / PageBytes));
        using EngineHold hold = _engine.EnterSlowPath();    // no other thread's mapping comes in between
        Map(Process, At(_number, page), (int)(length / PageBytes), _isShared);
        return true;
    }

    private bool Protect()
    {
        int page = AnyPage();
        CallCount += 2;
        if (Memory.Protect(At(_number, page), PageBytes, MemoryProtection.Read) != Errno.None) return false;
        if (Mmu.TryWrite(At(_number, page), 0u, out MemoryFault fault)
            || fault.Kind is not (MemoryFaultKind.NotAllowed or MemoryFaultKind.OutOfMemory))
            return Fail($"thread {_number} writes page {page}, which is read-only: {fault.Kind}");
        return Memory.Protect(At(_number, page), PageBytes, MemoryProtection.ReadWrite) == Errno.None;
    }

    /// <summary>Any thread's pages: nothing changes for their owner.</summary>
    private bool PageOut()
    {
        CallCount += 2;
        Memory.Advise(At(_random.Below(_memberCount), 0), PagesToBytes(PageCount), MemoryAdvice.PageOut);
        Memory.Advise(new(Counter.Value & ~0xFFFu), PageBytes, MemoryAdvice.PageOut);
        return true;
    }

    /// <summary>Away and back.</summary>
    private bool Move()
    {
        int page = AnyPage();
        VirtualAddress aside = new(Aside + ((uint)_number * Stride));
        const RemapFlags flags = RemapFlags.MayMove | RemapFlags.Fixed;
        CallCount += 2;
        if (Memory.Remap(At(_number, page), PageBytes, PageBytes, flags, aside, out _) != Errno.None) return false;
        Errno error;
        do error = Memory.Remap(aside, PageBytes, PageBytes, flags, At(_number, page), out _);
        while (error == Errno.ENOMEM);
        return error == Errno.None || Fail($"thread {_number} cannot move page {page} back: {error}");
    }

    /// <summary>The child has this thread's pages as they are, and its writes are its own.</summary>
    private bool Fork()
    {
        CallCount += 2;    // and the child's exit
        if (Process.Fork(out UserProcess? child) != Errno.None) return false;
        _processor!.Run(child!);
        int page = AnyPage();
        bool isRead = ReadOwn(child!, page) && (!_isMarked[page] || IsRefused(child!, page));
        if (!_isShared) isRead = isRead && StaysTheSame(child!.Memory.Mmu);
        if (!_isShared) child!.Memory.Mmu.TryWrite(At(_number, page), uint.MaxValue, out _);
        _processor.Run(Process);
        child!.Dispose();
        return isRead;
    }

    /// <summary>The bytes of another thread's page in a child do not change, though its owner goes on writing in the parent.</summary>
    private bool StaysTheSame(Mmu child)
    {
        int owner = _random.Below(_memberCount), page = AnyPage();
        VirtualAddress at = At(owner, page) + (uint)(_random.Below(PageBytes / Step) * Step);
        if (!child.TryRead(at, out uint before, out _)) return true;    // not mapped, or no memory
        for (int i = 0; i < 4; i++)
        {
            Linger();
            if (child.TryRead(at, out uint after, out _) && after != before)
                return Fail($"page {page} of thread {owner} in a child of thread {_number} was {before:x8} and is {after:x8}");
        }

        return true;
    }

    /// <summary>Marks some bytes of a page; of a marked one, they must be refused, and are good again.</summary>
    private bool Mark()
    {
        int page = AnyPage();
        if (_isMarked[page] && !IsRefused(Process, page)) return false;
        CallCount++;
        ByteState state = _isMarked[page] ? ByteState.Good : ByteState.Unaddressable;
        Errno error = Memory.OpenByteShadow().Mark(At(_number, page) + MarkOffset, MarkLength, state);
        if (error != Errno.None) return Fail($"thread {_number} cannot mark page {page}: {error}");
        _isMarked[page] = !_isMarked[page];
        return true;
    }

    private bool IsRefused(UserProcess process, int page)
    {
        AccessCount++;
        return (!process.Memory.Mmu.TryRead(At(_number, page) + MarkOffset, out uint _, out MemoryFault fault)
            && fault.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.OutOfMemory)
            || Fail($"thread {_number} reads the marked bytes of page {page}: {fault.Kind}");
    }

    private bool Change(Errno error, int first, int count)
    {
        CallCount++;
        if (error != Errno.None) return false;
        Array.Clear(_changes, first, count);
        return true;
    }

    /// <summary>Memory may be short. A page that is written by half is discarded, so that all its words are the same again.</summary>
    private bool Refused(MemoryFault fault, int page, bool isHalf)
    {
        if (fault.Kind != MemoryFaultKind.OutOfMemory) return Fail($"thread {_number}, page {page}: {fault.Kind}");
        if (isHalf) Change(Memory.Advise(At(_number, page), PageBytes, Discarding), page, 1);
        return false;
    }

    private bool Fail(string what)
    {
        Failure ??= what;
        return false;
    }

    private void Linger()
    {
        if (_random.Below(16) == 0) Thread.Yield();
        else Thread.SpinWait(_random.Below(200));
    }

    /// <summary>The advice that makes pages zeros again: of shared memory its object has to lose them.</summary>
    private MemoryAdvice Discarding => _isShared ? MemoryAdvice.Remove : MemoryAdvice.DontNeed;

    private int AnyPage() => _random.Below(PageCount);

    private static uint PagesToBytes(int pages) => (uint)pages * PageBytes;

    private static VirtualAddress At(int owner, int page) => new(First + ((uint)owner * Stride) + PagesToBytes(page));

    private static void Map(UserProcess process, VirtualAddress at, int pages, bool isShared)
    {
        MapFlags flags = (isShared ? MapFlags.Shared : MapFlags.Private) | MapFlags.Anonymous | MapFlags.Fixed;
        Errno error;
        do error = process.Memory.Map(at, PagesToBytes(pages), MemoryProtection.ReadWrite, flags, out _);
        while (error == Errno.ENOMEM);
        if (error != Errno.None) throw new InvariantException($"mmap: {error}");
    }
}
