using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Processes in a machine that is too small for them, whose private pages are compared with plain words.</summary>
/// <remarks><code>
///   process   PagesEach private pages from Base on; a word at the start of each stands for all of it
///   words     written, copied by fork, zeroed by MADV_DONTNEED, perhaps zeroed after MADV_FREE
/// </code>
/// An access may end in SIGBUS while a device fails and in out-of-memory while nothing can go; it must then have changed nothing.</remarks>
internal abstract class PlainWordsRun(EngineOptions options) : IStructureRun
{
    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    protected const int Done = 0, Refused = 1, NotNow = 2;
    protected const uint Base = 0x2000_0000;

    private bool _mayFail;

    protected PagingEngine Engine { get; } = new(options);

    protected List<WordMember> Members { get; } = [];

    protected abstract int PagesEach { get; }

    protected abstract int ProcessesMax { get; }

    /// <summary>The operations by their index. One that ends in "fails" makes the next one meet a failure.</summary>
    protected abstract IReadOnlyList<string> Names { get; }

    public int Execute(in RawOperation operation, out string? failure)
    {
        WordMember member = Members[(int)(operation.C % (uint)Members.Count)];
        int page = (int)(operation.A % (uint)PagesEach);
        string name = Names[(int)operation.Kind];
        int outcome = Execute(name, operation, member, page, out failure);
        if (!name.EndsWith("fails", StringComparison.Ordinal)) Heal();    // what fails does so for the next operation
        return outcome;
    }

    public string? Verify()
    {
        Heal();
        foreach (WordMember member in Members)
        {
            for (int page = 0; page < PagesEach; page++)
                if (Read(member, page, out string? failure) == Done && failure is not null) return failure;
        }

        AuditReport report = Engine.Audit();
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        Release();
        string? failure = Verify();
        foreach (WordMember member in Members) member.End();
        Members.Clear();
        AuditReport report = Engine.Audit();
        report.AddIfDifferent("leak", "private frames", 0,
            Engine.Frames.CountOf(FrameState.Anonymous).Value + Engine.Frames.CountOf(FrameState.SwapCache).Value);
        report.AddIfDifferent("leak", "slots in use", 0, Engine.Parts.Files.Swap.UsedSlots);
        Recount(report);
        return failure ?? (report.IsClean ? null : report.ToString());
    }

    public void Dispose() => Engine.Dispose();

    /// <summary>Executes one operation.</summary>
    /// <param name="name">The operation.</param>
    /// <param name="operation">The numbers for it.</param>
    /// <param name="member">The process it falls on.</param>
    /// <param name="page">The page it falls on.</param>
    /// <param name="failure">What is wrong, if something is.</param>
    /// <returns>The index of the outcome.</returns>
    protected abstract int Execute(string name, in RawOperation operation, WordMember member, int page, out string? failure);

    /// <summary>Devices work again.</summary>
    protected abstract void HealDevices();

    /// <summary>Gives up what the run holds beside its processes, before the last comparison.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Looks for what the run's own devices and groups still hold when no process is left.</summary>
    protected virtual void Recount(AuditReport report)
    {
    }

    protected static VirtualAddress At(int page) => new(Base + ((uint)page << 12));

    /// <summary>Every fourth time 0: the page is all zeros then, and swap only remembers that it is.</summary>
    protected static uint Word(uint number) => (number & 3) == 0 ? 0 : number;

    protected static int OutcomeOf(Errno error) => error == Errno.None ? Done : Refused;

    protected int Write(WordMember member, int page, uint value, out string? failure)
    {
        failure = null;
        if (!member.Memory.Mmu.TryWrite(At(page), value, out MemoryFault fault)) return Excuse(fault, out failure);
        (member.Words[page], member.IsFree[page]) = (value, false);
        return Done;
    }

    protected int Read(WordMember member, int page, out string? failure) =>
        Read(member, At(page), member.Words[page], member.IsFree[page], out failure);

    protected int Read(WordMember member, VirtualAddress at, uint expected, bool isFree, out string? failure)
    {
        if (!member.Memory.Mmu.TryRead(at, out uint found, out MemoryFault fault)) return Excuse(fault, out failure);
        failure = found == expected || (isFree && found == 0)
            ? null : $"process {member.Process.Id} {at}: {found:x8}, expected {expected:x8}{(isFree ? " or nothing" : "")}";
        return Done;
    }

    /// <summary>Short of memory is always an answer here; SIGBUS only while something fails.</summary>
    protected int Excuse(MemoryFault fault, out string? failure)
    {
        bool isExcused = fault.Kind == MemoryFaultKind.OutOfMemory || (fault.Kind == MemoryFaultKind.BusError && _mayFail);
        failure = isExcused ? null : $"an access was refused: {fault}";
        return Refused;
    }

    protected int Fork(WordMember member)
    {
        if (Members.Count >= ProcessesMax) return NotNow;
        if (member.Process.Fork(out UserProcess? child) != Errno.None) return Refused;
        Members.Add(new(child!, [.. member.Words], [.. member.IsFree]));
        return Done;
    }

    protected int End(WordMember member)
    {
        if (Members.Count == 1) return NotNow;
        Members.Remove(member);
        member.End();
        return Done;
    }

    protected int Discard(WordMember member, int page, int count)
    {
        UnlockAll(member);
        if (member.Memory.Advise(At(page), (uint)count << 12, MemoryAdvice.DontNeed) != Errno.None) return Refused;
        member.Clear(page, count);
        return Done;
    }

    protected int Free(WordMember member, int page, int count)
    {
        UnlockAll(member);
        if (member.Memory.Advise(At(page), (uint)count << 12, MemoryAdvice.Free) != Errno.None) return Refused;
        Array.Fill(member.IsFree, true, page, count);
        return Done;
    }

    protected Errno UnlockAll(WordMember member) => member.Memory.Unlock(At(0), (uint)PagesEach << 12);

    /// <summary>Read-only and back. The way back may need a record that is refused at first.</summary>
    protected static int Protect(AddressSpace memory, int page, uint bytes)
    {
        Errno error = memory.Protect(At(page), bytes, MemoryProtection.Read);
        for (int attempt = 0; attempt < 3 && memory.Protect(At(page), bytes, MemoryProtection.ReadWrite) != Errno.None; attempt++)
            error = Errno.ENOMEM;
        return OutcomeOf(error);
    }

    /// <summary>The next call meets a device that fails now or soon.</summary>
    protected int FailDevice(FailingSwapStore store, uint atOperation)
    {
        _mayFail = true;
        store.FailAtOperation = atOperation;
        return Done;
    }

    /// <summary>The next call meets an allocation that is refused.</summary>
    protected int FailAllocation(uint number)
    {
        Engine.Parts.Machine.Injection.FailAtAllocation = 1 + (number % 5);
        return Done;
    }

    private void Heal()
    {
        _mayFail = false;
        Engine.Parts.Machine.Injection.FailAtAllocation = 0;
        HealDevices();
    }
}
