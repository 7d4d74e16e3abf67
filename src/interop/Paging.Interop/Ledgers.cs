using System.Text;
using Paging.Core;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Costs".</summary>
// SAFETY: as Border.
internal static unsafe class Ledgers
{
    private const uint ProcessorCountMax = 256;

    [Export("paging_ledger_open")]
    public static void Open(ulong engine, byte* prices, uint processorCount, ulong* ledger)
    {
        Border.Clear(ledger, "ledger");
        PagingEngine owner = Engines.Of(engine);
        PriceList list = PricesOf(Border.Text(prices, "prices"));
        if (processorCount is 0 or > ProcessorCountMax)
            throw new RefusalException(BorderCode.BadArgument, $"processors must be 1 to {ProcessorCountMax}, not {processorCount}.");
        using EngineHold hold = owner.EnterSlowPath();
        OpenLedger made = new(new(owner, list, (int)processorCount), owner, processorCount);
        *ledger = Handles.Add(HandleKind.Ledger, made, engine);
    }

    [Export("paging_ledger_observe")]
    public static void Observe(ulong ledger, ulong process, uint address, uint byteLength, uint step, uint access, uint processor)
    {
        OpenLedger open = Of(ledger);
        UserProcess seen = ProcessOf(ledger, process);
        int cpu = open.ProcessorOf(processor);
        if (access > (uint)AccessKind.Fetch)
            throw new RefusalException(BorderCode.BadArgument, $"access must be one of PAGING_ACCESS_, not {access}.");
        if (byteLength == 0) throw new RefusalException(BorderCode.BadArgument, "length must not be 0.");
        if ((step == 0 ? byteLength : step) > int.MaxValue)
            throw new RefusalException(BorderCode.BadArgument, "An access must be shorter than 2 GiB.");
        using EngineHold hold = open.Engine.EnterSlowPath();
        ObjectDisposedException.ThrowIf(seen.HasExited, seen);
        if (step == 0) open.Costs.Observe(seen, new(address), (int)byteLength, (AccessKind)access, cpu);
        else open.Costs.ObserveRun(seen, new(address), byteLength, (int)step, (AccessKind)access, cpu);
    }

    [Export("paging_ledger_end_call")]
    public static void EndCall(ulong ledger, ulong process, uint copiedBytes, uint processor)
    {
        OpenLedger open = Of(ledger);
        UserProcess caller = ProcessOf(ledger, process);
        int cpu = open.ProcessorOf(processor);
        using EngineHold hold = open.Engine.EnterSlowPath();
        open.Costs.EndCall(caller, copiedBytes, cpu);
    }

    [Export("paging_ledger_end_read")]
    public static void EndRead(ulong ledger, ulong process, ulong file, ulong offset, uint byteCount, uint processor)
    {
        OpenLedger open = Of(ledger);
        UserProcess caller = ProcessOf(ledger, process);
        GuestFile read = Files.Of(file);
        if (Handles.EngineOf(file) != Handles.EngineOf(ledger)) throw Foreign("file");
        int cpu = open.ProcessorOf(processor);
        if (offset > long.MaxValue) throw new RefusalException(BorderCode.BadArgument, "offset is too large.");
        using EngineHold hold = open.Engine.EnterSlowPath();
        open.Costs.EndRead(caller, read, (long)offset, byteCount, cpu);
    }

    [Export("paging_ledger_end_fork")]
    public static void EndFork(ulong ledger, ulong parent, ulong child, uint processor)
    {
        OpenLedger open = Of(ledger);
        UserProcess forked = ProcessOf(ledger, parent), made = ProcessOf(ledger, child);
        int cpu = open.ProcessorOf(processor);
        using EngineHold hold = open.Engine.EnterSlowPath();
        ObjectDisposedException.ThrowIf(made.HasExited, made);
        open.Costs.EndFork(forked, made, cpu);
    }

    [Export("paging_ledger_end_background")]
    public static void EndBackground(ulong ledger)
    {
        OpenLedger open = Of(ledger);
        using EngineHold hold = open.Engine.EnterSlowPath();
        open.Costs.EndBackground();
    }

    [Export("paging_ledger_times_get")]
    public static void GetTimes(ulong ledger, ulong process, LedgerTimes* times)
    {
        OpenLedger open = Of(ledger);
        UserProcess? asked = process == 0 ? null : ProcessOf(ledger, process);
        using EngineHold hold = open.Engine.EnterSlowPath();
        CostAccount account = asked is null ? open.Costs.Accounts[0] : open.Costs.AccountOf(asked);
        Sized.Write(times, new LedgerTimes
        {
            ProcessId = account.ProcessId,
            User = In(account, CostCause.User),
            Translation = In(account, CostCause.Translation),
            MinorFaults = In(account, CostCause.MinorFaults),
            MajorFaults = In(account, CostCause.MajorFaults),
            SystemCalls = In(account, CostCause.SystemCalls),
            Copies = In(account, CostCause.Copies),
            Switches = In(account, CostCause.Switches),
            Invalidations = In(account, CostCause.Invalidations),
            Reclaim = In(account, CostCause.Reclaim),
            WaitForFile = In(account, CostCause.WaitForFile),
            WaitForSwap = In(account, CostCause.WaitForSwap),
            WaitForWrite = In(account, CostCause.WaitForWrite),
            WaitForFlush = In(account, CostCause.WaitForFlush),
            MinorFaultCount = (ulong)account.MinorFaults,
            MajorFaultCount = (ulong)account.MajorFaults,
            CallCount = (ulong)account.Calls,
        });
    }

    [Export("paging_ledger_clock_get")]
    public static void GetClock(ulong ledger, LedgerClock* clock)
    {
        OpenLedger open = Of(ledger);
        using EngineHold hold = open.Engine.EnterSlowPath();
        Sized.Write(clock, new LedgerClock
        {
            Now = (ulong)open.Costs.Now.Picoseconds,
            End = (ulong)open.Costs.End.Picoseconds,
            Idle = (ulong)open.Costs.Idle.Picoseconds,
        });
    }

    /// <summary>The ledger of a handle, and its engine.</summary>
    public static OpenLedger Of(ulong handle) => Handles.Get<OpenLedger>(handle, HandleKind.Ledger);

    /// <summary>The clock, and a line for each account that has time.</summary>
    public static string TextOf(OpenLedger open)
    {
        using EngineHold hold = open.Engine.EnterSlowPath();
        return string.Concat(open.Costs.UsedAccounts.Select(static account => $"{account}\n").Prepend($"{open.Costs}\n"));
    }

    private static ulong In(CostAccount account, CostCause cause) => (ulong)account[cause].Picoseconds;

    private static UserProcess ProcessOf(ulong ledger, ulong process)
    {
        UserProcess found = Processes.OfAny(process);
        return Handles.EngineOf(process) == Handles.EngineOf(ledger) ? found : throw Foreign("process");
    }

    private static RefusalException Foreign(string what) => new(BorderCode.BadArgument, $"The {what} belongs to another engine.");

    // A text that begins as JSON is a list of the caller's own.
    private static PriceList PricesOf(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith('{'))
        {
            return PriceList.Find(text) ?? throw new RefusalException(BorderCode.BadArgument,
                $"There is no price list '{text.ReplaceLineEndings(" ")}': there are {string.Join(", ", PriceList.BuiltIn)}; "
                    + "the text of another one is JSON and begins with {.");
        }

        try { return PriceList.Parse(Encoding.UTF8.GetBytes(text), "prices"); }
        catch (PriceListException e) { throw new RefusalException(BorderCode.BadArgument, e.Message.ReplaceLineEndings(" ")); }
    }
}

/// <summary>A ledger of a handle.</summary>
/// <param name="Costs">The ledger.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="ProcessorCount">Its processors.</param>
internal sealed record OpenLedger(CostLedger Costs, PagingEngine Engine, uint ProcessorCount)
{
    /// <summary>The index of a processor.</summary>
    public int ProcessorOf(uint processor) => processor < ProcessorCount ? (int)processor
        : throw new RefusalException(BorderCode.BadArgument, $"processor must be below {ProcessorCount}, not {processor}.");
}
