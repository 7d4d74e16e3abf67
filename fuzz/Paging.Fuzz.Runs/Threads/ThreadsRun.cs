using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Policies;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>One engine and its threads, from their start to their rest, and the audit after it.</summary>
/// <remarks>The order of the threads is the host's: a seed gives the same programs, not the same run.</remarks>
internal sealed class ThreadsRun : IDisposable
{
    /// <summary>The first of the operations on the slow file.</summary>
    public const int FirstOfFile = 13;

    /// <summary>The rows of what is not an operation, but counted.</summary>
    public const int AccessRow = 21, FirstOfTouches = 24;

    private const int StepsOfAThread = 600, SpoiltTables = 40;
    private const uint CrowdPages = 252;

    public static readonly string[] Operations =
    [
        "write", "read own", "read others", "hold to read", "hold to write", "atomic", "unmap",
        "protect", "discard", "page out", "move", "fork", "mark",
        "file: write", "file: read own", "file: read others", "file: pwrite", "file: forget", "file: punch", "file: map again",
        "file: cut", "accesses", "calls", "closings of the gate",
        "fresh: touches", "fresh: calls", "fresh: closings", "fresh: milliseconds",
    ];

    public static readonly string[] Outcomes = ["ok", "no memory, or a read failed"];

    private readonly PagingEngine _engine;
    private readonly List<UserProcess> _processes = [];
    private readonly ThreadsMember[] _members;
    private readonly TouchGate _gate;
    private readonly int _steps;
    private readonly bool _hasBackground, _isSpoilt;
    private readonly WildWords _wild;

    public ThreadsRun(ulong seed, long operationCountMax)
    {
        FuzzRandom random = new(seed);
        bool isShort = random.OneOf([0, 1, 2]) == 0;
        _engine = new(new EngineOptions
        {
            RamBytes = isShort ? 2ul << 20 : 16ul << 20,
            AllowThreads = true,
            RequestHostHugePages = false,
            AttachedSpacesMax = random.OneOf([1, 2, 64]),
            LendTablesFrom = random.OneOf([1, 4, 4096]),
            Policy = seed % 8 == 5 ? ReclaimPolicy.Of(PolicyEntry.Find("LRU")!, AccessInformation.EveryAccess) : null,    // uncached
            ShootdownTimeout = TimeSpan.FromMinutes(2),
        });
        bool isLate = random.OneOf([0, 0, 1]) == 0;
        _gate = _engine.Parts.Machine.Callers.Shared!.Gate;
        if (random.OneOf([0, 1]) == 0) _gate.NeededMax = 1;
        MemorySwapStore store = new(isLate ? 1ul << 20 : 32ul << 20);    // 256 slots are soon used again
        _engine.Swap.SwitchOn(isLate ? new LateStore(store, new(seed, failsOneIn: 0)) : store, out _);
        if (isLate && random.OneOf([0, 1]) == 0) Crowd();
        _hasBackground = random.OneOf([0, 1]) == 0;
        int count = random.OneOf([2, 2, 3, 4, 8, 16]);
        bool isShared = random.OneOf([0, 1, 1]) == 0;
        int spaces = random.OneOf([1, 1, 2, 4]);
        bool areClones = !isShared && random.OneOf([0, 1]) == 0;
        ProcessImage? image = areClones ? ImageOfWrittenPages(count) : null;
        for (int i = 0; i < spaces; i++) _processes.Add(CreateProcess($"space {i}", image, count, isShared));
        ThreadsFile? file = isLate ? new(_engine, _processes, count, seed) : null;
        _members = [.. Enumerable.Range(0, count).Select(i =>
            new ThreadsMember(_engine, _processes[i % spaces], i, count, isShared, areClones, seed, file))];
        (_isSpoilt, _wild) = (random.OneOf([0, 1, 1, 1]) == 0, new(random));
        _steps = (int)Math.Min(StepsOfAThread, (operationCountMax / count) + 1);
    }

    /// <summary>Runs the threads to their end.</summary>
    /// <returns>The first defect; null if there is none.</returns>
    public string? Execute(RunCounters counters)
    {
        using (BackgroundWork? background = _hasBackground ? _engine.Threads.StartBackground(TimeSpan.FromMilliseconds(1)) : null)
        {
            Thread[] threads = [.. _members.Select(member => new Thread(() => member.Run(_steps)))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            if (background?.Failure is { } failure) return Defect.Describe(failure);
        }

        foreach (ThreadsMember member in _members)
        {
            counters.Coverage.Add(member.Coverage);
            counters.OperationCount += member.OperationCount;
            Count(counters, AccessRow, member.AccessCount);
            Count(counters, AccessRow + 1, member.CallCount);
        }

        Count(counters, AccessRow + 2, _gate.CloseCount);
        string? found = Array.Find(_members, static member => member.Failure is not null)?.Failure ?? LostCounts();
        if (found is not null) return found;
        AuditReport report = _engine.Audit();
        if (report.Findings.Count != 0) return string.Join("; ", report.Findings);
        return _isSpoilt ? SpoilTables() : null;
    }

    /// <summary>Adds to a row.</summary>
    public static void Count(RunCounters counters, int row, long count) => counters.Coverage.TryAdd(row * Outcomes.Length, count);

    public void Dispose() => _engine.Dispose();

    /// <summary>
    /// The threads go on while their page tables get wild words. The bytes that they read no longer count, and a check of the engine may
    /// fail; nothing else may be thrown, and all threads come to an end.
    /// </summary>
    private string? SpoilTables()
    {
        Thread[] threads = [.. _members.Select(member => new Thread(() => member.RunSpoilt(_steps)))];
        foreach (Thread thread in threads) thread.Start();
        for (int i = 0; i < SpoiltTables; i++)
        {
            using (EngineHold hold = _engine.EnterSlowPath())
            {
                UserProcess process = _processes[i % _processes.Count];
                _wild.Spoil(_engine.Ram, _wild.ChooseTable(_engine, process));
            }

            Thread.Sleep(TimeSpan.FromMicroseconds(50));
        }

        foreach (Thread thread in threads) thread.Join();
        return Array.Find(_members, static member => member.Failure is not null)?.Failure;
    }

    private UserProcess CreateProcess(string name, ProcessImage? image, int memberCount, bool isShared)
    {
        if (image is not null) return _engine.CloneProcess(image);
        UserProcess process = _engine.CreateProcess(name);
        ThreadsMember.MapAll(process, memberCount, isShared);
        return process;
    }

    /// <summary>An image whose pages all threads have written once, of an engine that is gone.</summary>
    private static ProcessImage ImageOfWrittenPages(int memberCount)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4ul << 20, RequestHostHugePages = false });
        UserProcess process = engine.CreateProcess("origin");
        ThreadsMember.MapAll(process, memberCount, isShared: false);
        for (int i = 0; i < memberCount; i++) ThreadsMember.WriteFirst(process, i);
        using Snapshot snapshot = process.TakeSnapshot();
        return ProcessImage.Of(snapshot);
    }

    /// <summary>Fills the swap device but for a few slots, so that one that becomes free is soon used again.</summary>
    private void Crowd()
    {
        using EngineHold hold = _engine.EnterSlowPath();
        AddressSpace memory = _engine.CreateProcess("crowd").Memory;
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous;
        if (memory.Map(default, CrowdPages << 12, MemoryProtection.ReadWrite, flags, out VirtualAddress at) != Errno.None) return;
        for (uint page = 0; page < CrowdPages; page++) memory.Mmu.TryWrite(at + (page << 12), page + 1, out _);
        memory.Advise(at, CrowdPages << 12, MemoryAdvice.PageOut);
    }

    /// <summary>Atomic additions to the counter of each space.</summary>
    private string? LostCounts()
    {
        using EngineHold hold = _engine.EnterSlowPath();
        foreach (UserProcess process in _processes)
        {
            long added = _members.Where(member => member.Process == process).Sum(static member => member.AddedCount);
            if (!process.Memory.Mmu.TryRead(ThreadsMember.Counter, out ulong counted, out MemoryFault fault))
                return $"the counter: {fault.Kind}";
            if ((long)counted != added) return $"{added} additions have given {counted}";
        }

        return null;
    }
}
