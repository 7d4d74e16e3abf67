using System.Diagnostics;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

//   touchers   fresh page, fresh page, …          gate  ──open──┐     ┌──open──┐        ┌──
//   caller                    mprotect ── mincore ── …          └─────┘        └────────┘
/// <summary>Threads that only touch fresh pages beside one that makes short calls, so that the gate opens and closes often.</summary>
/// <remarks>The programs of <see cref="ThreadsRun"/> are calls for the most part, which keep the gate closed.</remarks>
internal sealed class TouchesRun : IDisposable
{
    private const int TouchesOfAThread = 20_000, CallsPerAudit = 1_000, CallsPerPageOut = 200;
    private const uint PageBytes = 4096, ElsewherePages = 8;
    private const MapFlags Private = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;

    private static readonly VirtualAddress Elsewhere = new(0x6000_0000);

    private readonly PagingEngine _engine;
    private readonly FuzzRandom _random;
    private readonly List<UserProcess> _processes = [];
    private readonly TouchesMember[] _members;
    private readonly TouchGate _gate;
    private readonly int _touches;
    private long _callCount, _auditCount;
    private string? _failure;

    public TouchesRun(ulong seed, long operationCountMax)
    {
        _random = new(seed);
        _engine = new(new EngineOptions
        {
            RamBytes = (ulong)_random.OneOf([4, 16, 16, 16]) << 20,
            AllowThreads = true,
            RequestHostHugePages = false,
            ShootdownTimeout = TimeSpan.FromMinutes(2),
        });
        _engine.Swap.SwitchOn(new MemorySwapStore(32ul << 20), out _);
        _gate = _engine.Parts.Machine.Callers.Shared!.Gate;
        _gate.NeededMax = 1;
        int count = _random.OneOf([2, 2, 3, 4, 6]), spaces = _random.OneOf([1, 1, 2, count]);
        for (int i = 0; i < spaces; i++)
        {
            UserProcess process = _engine.CreateProcess($"space {i}");
            TouchesMember.MapAll(process, count);
            TouchesMember.Map(process, Elsewhere, ElsewherePages);
            _processes.Add(process);
        }

        _members = [.. Enumerable.Range(0, count).Select(i => new TouchesMember(_engine, _processes[i % spaces], i, seed))];
        _touches = (int)Math.Min(TouchesOfAThread, (operationCountMax / count) + 1);
    }

    /// <summary>Runs the threads to their end.</summary>
    /// <returns>The first defect; null if there is none.</returns>
    public string? Execute(RunCounters counters)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Thread[] threads = [.. _members.Select(member => new Thread(() => member.Run(_touches)))];
        foreach (Thread thread in threads) thread.Start();
        try
        {
            while (_failure is null && Array.Exists(threads, static thread => thread.IsAlive)) Call();
        }
        catch (Exception exception)
        {
            _failure = Defect.Describe(exception);
        }

        foreach (Thread thread in threads) thread.Join();
        foreach (TouchesMember member in _members) counters.OperationCount += member.TouchCount;
        ThreadsRun.Count(counters, ThreadsRun.AccessRow, _members.Sum(static member => member.AccessCount));
        long[] counts = [_members.Sum(static member => member.TouchCount), _callCount, _gate.CloseCount, watch.ElapsedMilliseconds];
        for (int i = 0; i < counts.Length; i++) ThreadsRun.Count(counters, ThreadsRun.FirstOfTouches + i, counts[i]);
        counters.AuditCount += _auditCount;
        return Array.Find(_members, static member => member.Failure is not null)?.Failure ?? _failure ?? Audit();
    }

    public void Dispose() => _engine.Dispose();

    /// <summary>A short call on any space, away from the pages that are touched. It closes the gate if that is open.</summary>
    private void Call()
    {
        AddressSpace memory = _random.OneOf(_processes.ToArray()).Memory;
        VirtualAddress at = Elsewhere + ((uint)_random.Below((int)ElsewherePages) * PageBytes);
        _callCount++;
        if (_callCount % CallsPerPageOut == 0) _random.OneOf(_members).PageOut();
        if (_callCount % CallsPerAudit == 0) _failure ??= Audit();
        switch (_random.Below(6))
        {
            case 0:
                Expect(memory.Protect(at, PageBytes, _random.OneOf([MemoryProtection.Read, MemoryProtection.ReadWrite])));
                break;
            case 1:
                Expect(memory.Unmap(at, PageBytes));
                Expect(memory.Map(at, PageBytes, MemoryProtection.ReadWrite, Private, out _));
                break;
            case 2:
                Span<byte> isResident = stackalloc byte[(int)ElsewherePages];
                Expect(memory.InCore(at, PageBytes, isResident));
                break;
            case 3:
                _failure ??= TouchesMember.Compare(memory);
                break;
            case 4:
                memory.Advise(at, PageBytes, MemoryAdvice.DontNeed);
                break;
            default:
                Thread.SpinWait(_random.Below(2_000));
                break;
        }
    }

    private string? Audit()
    {
        _auditCount++;
        AuditReport report = _engine.Audit();
        return report.Findings.Count == 0 ? null : string.Join("; ", report.Findings);
    }

    private void Expect(Errno error)
    {
        if (error is not (Errno.None or Errno.ENOMEM)) _failure ??= $"a call elsewhere: {error}";
    }
}
