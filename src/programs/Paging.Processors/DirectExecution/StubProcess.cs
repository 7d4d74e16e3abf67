using System.ComponentModel;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>A process of the host that maps memory by order and executes a program under the control of this process.</summary>
/// <remarks>
/// No system call of the program reaches the host's kernel (PTRACE_SYSEMU; after orders, syscall user dispatch), and it ends with this
/// process (PTRACE_O_EXITKILL). Belongs to the thread that has made it. Cost: a stop and a continuation are two switches between
/// processes, 5 to 20 µs.
/// </remarks>
internal sealed class StubProcess : IDisposable
{
    private const int StopByTrap = 5, SystemCallMark = 0x80, Interrupted = 4, Killed = 9,    // SIGTRAP; EINTR; SIGKILL
        SegmentViolation = 11, BusError = 7, BadCall = 31, CallWasBlocked = 2;    // SIGSYS, SYS_USER_DISPATCH
    private const ulong IdentificationFlag = 1 << 21;    // EFLAGS.ID, which a program may change
    private const uint MapFile = 192, SharedFixed = 0x11, PrivateFixed = 0x12, ReadOnly = 1, ReadExecute = 5;    // mmap2
    private const uint ProcessControl = 172, InstallFilter = 354;    // prctl, seccomp of i386

    private readonly TlsDescriptor[] _segments = new TlsDescriptor[SegmentSelectors.TlsEntryCount];
    private int _processor = -1;
    private ulong _identification;    // the flag as the last program has left it
    private readonly bool _goesOnAfterOrders;

    /// <summary>Starts a process with nothing mapped.</summary>
    /// <param name="launcher">Starts it.</param>
    /// <param name="canGoOn">False to stop it after orders, as where the host cannot block its calls.</param>
    /// <exception cref="InvalidOperationException">The host does not start it, or does not let it be controlled.</exception>
    public StubProcess(StubLauncher launcher, bool canGoOn = true)
    {
        Orders = new();
        Id = launcher.Start(Orders.File);
        try
        {
            if (WaitForStop() != StopByTrap) throw Failed("stops where it should not");
            _ = Done(TraceApi.Trace(TraceApi.SetOptions, Id, 0, TraceApi.KillAtExit | TraceApi.MarkSystemCalls));
            MapOwn(StubProgram.OrdersAt, ReadOnly, SharedFixed, StubProgram.OrdersFile);
            MapOwn(StubProgram.CodeAt, ReadExecute, PrivateFixed, StubProgram.CodeFile);
            CanRefuseTimeStamps = Call(ProcessControl, StubProgram.SetTimeStamps, StubProgram.AllowTimeStamps) == 0;
            bool canBlock = TryBlockCalls();
            _goesOnAfterOrders = TryRefuseOtherCalls() && canBlock && canGoOn;
            MakeRoom();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The process's number on the host; 0 after Dispose.</summary>
    public int Id { get; private set; }

    /// <summary>The orders that <see cref="TryCarryOut"/> sends.</summary>
    public StubOrders Orders { get; }

    /// <summary>The owner of the floating point and segments that the process has; null: none.</summary>
    public GuestContext? Holder { get; set; }

    /// <summary>True if the host can make rdtsc a fault.</summary>
    public bool CanRefuseTimeStamps { get; }

    /// <summary>
    /// True while rdtsc is a fault, by the orders so far. Every switch between the stub and another process changes CR4 then, which
    /// leaves a virtual machine: 9 µs a stop. Linux: __switch_to_xtra.
    /// </summary>
    public bool RefusesTimeStamps { get; private set; }

    /// <summary>Orders to make rdtsc a fault, or none.</summary>
    public void OrderTimeStamps(bool areRefused)
    {
        if (RefusesTimeStamps == areRefused || !CanRefuseTimeStamps) return;
        Orders.AddTimeStamps(areRefused);
        RefusesTimeStamps = areRefused;
    }

    /// <summary>True if the host has killed it, for example for want of memory.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Carries out the orders, and runs until an event that the processor does not handle itself.</summary>
    /// <param name="registers">The registers at the start, and afterwards those at the stop.</param>
    /// <returns>
    /// The signal that has stopped it; <see cref="SystemCallStop"/> for a system call; <see cref="RefusedStop"/> if the host has refused an
    /// order, and the program has not run; 0 if it is lost.
    /// </returns>
    public int Run(ref HostRegisters registers)
    {
        FollowThread();
        if (!Orders.IsEmpty)
        {
            bool canGoOn = _goesOnAfterOrders && registers.Ss == SegmentSelectors.Of64BitKernel.UserData
                && !registers.HasSelectorThatOnlyCodeLoads;
            if (canGoOn) return RunAfterOrders(ref registers);
            if (!TryCarryOut()) return IsLost ? 0 : RefusedStop;
        }

        if ((registers.Eflags & IdentificationFlag) != _identification && !TrySetIdentification(registers.Eflags)) return 0;
        if (registers.HasSelectorThatOnlyCodeLoads ? !TryLoadSelectors(registers)
            : !Done(TraceApi.Trace(TraceApi.SetRegisters, Id, 0, ref registers))) return 0;
        Orders.AllowsCalls = true;    // no call reaches the host's kernel: the tracer's stop is faster than a signal
        if (!Done(TraceApi.Trace(TraceApi.SystemEmulation, Id, 0, 0))) return 0;
        int stop = WaitForStop();
        if (stop == 0 || !Done(TraceApi.Trace(TraceApi.GetRegisters, Id, 0, ref registers))) return 0;
        _identification = registers.Eflags & IdentificationFlag;
        return stop;
    }

    /// <summary>Carries out the orders, and goes on in the program without a stop between.</summary>
    private int RunAfterOrders(ref HostRegisters registers)
    {
        Orders.EndWith(registers);
        Orders.Clear();
        Orders.AllowsCalls = true;
        HostRegisters now = registers.WithLoopOfOrders();
        if (!Done(TraceApi.Trace(TraceApi.SetRegisters, Id, 0, ref now))) return 0;
        while (true)
        {
            if (!Done(TraceApi.Trace(TraceApi.Continue, Id, 0, 0))) return 0;
            int stop = WaitForStop();
            if (stop == 0 || !Done(TraceApi.Trace(TraceApi.GetRegisters, Id, 0, ref now))) return 0;
            if (!now.IsInLoopOfOrders || (!Orders.AllowsCalls && stop is SegmentViolation or BusError or BadCall))
            {
                registers = now;
                _identification = registers.Eflags & IdentificationFlag;
                return stop == BadCall && ReadSignal().Code == CallWasBlocked ? SystemCallStop : stop;
            }

            if (stop == StopByTrap) return now.Rip == StubProgram.RefusedAt ? RefusedStop : StopSignal;
            if (stop is SegmentViolation or BusError)
            {
                Lose();
                return 0;
            }

            Orders.StopAtEnd();    // a request to stop: before the program's next instruction
        }
    }

    /// <summary>Sets the flag that ptrace(2) leaves as the program before has set it. Linux: FLAG_MASK_32.</summary>
    private bool TrySetIdentification(ulong flags)
    {
        _identification = flags & IdentificationFlag;
        HostRegisters own = Blank(StubProgram.FlagsAt);
        own.Rsp = _identification == 0 ? StubProgram.PlainFlagsAt : StubProgram.IdentificationFlagsAt;
        return RunOwnCode(ref own) != 0;
    }

    /// <summary>
    /// Sets registers with selectors that only code can load: the stub loads them itself, then every other register is set alone. A
    /// selector that may not be loaded makes all four ones that ptrace(2) accepts.
    /// </summary>
    private bool TryLoadSelectors(in HostRegisters registers)
    {
        HostRegisters own = Blank(StubProgram.SelectorsAt), accepted = registers.WithUserSelectors();
        (own.Rax, own.Rbx, own.Rcx, own.Rdx) = (registers.Ds, registers.Es, registers.Fs, registers.Gs);
        if (RunOwnCode(ref own) != StubProgram.SelectorsLoadedAt)
            return !IsLost && Done(TraceApi.Trace(TraceApi.SetRegisters, Id, 0, ref accepted));
        ReadOnlySpan<HostRegisters> whole = new(ref accepted);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<HostRegisters, ulong>(whole);
        for (int i = 0; i < HostRegisters.CountBeforeBases; i++)
        {
            if (!Done(TraceApi.Trace(TraceApi.SetRegister, Id, i * sizeof(ulong), (nint)words[i]))) return false;
        }

        return true;
    }

    /// <summary>The result of <see cref="Run"/> for a system call.</summary>
    public const int SystemCallStop = StopByTrap | SystemCallMark;

    /// <summary>The result of <see cref="Run"/> where the host has refused an order.</summary>
    public const int RefusedStop = -1;

    /// <summary>The information of the signal that has stopped it.</summary>
    public HostSignalInfo ReadSignal()
    {
        HostSignalInfo info = default;
        _ = Done(TraceApi.Trace(TraceApi.GetSignalInfo, Id, 0, ref info));
        return info;
    }

    /// <summary>Makes the system calls listed in <see cref="Orders"/>, and empties the list. Overwrites the registers.</summary>
    /// <returns>False: the host has refused one, or the process is lost. The calls before a refused one were made.</returns>
    public bool TryCarryOut()
    {
        if (Orders.IsEmpty) return true;
        Orders.Clear();
        Orders.AllowsCalls = true;
        HostRegisters registers = Blank(0).WithLoopOfOrders();
        uint end = RunOwnCode(ref registers);
        if (end == 0 && !IsLost) Lose();
        return end == StubProgram.DoneAt;
    }

    /// <summary>
    /// Ends the process because it cannot carry out orders any more, as when a guest has denied itself the key of all pages (wrpkru).
    /// </summary>
    private void Lose()
    {
        _ = TraceApi.SendSignal(Id, Killed);
        while (!IsLost && WaitForStop() != 0) { }
    }

    /// <summary>Reads the state that xsave saves. Returns its length in bytes.</summary>
    public int ReadState(nint area, int byteLength)
    {
        IoVector vector = new(area, byteLength);
        _ = Done(TraceApi.Trace(TraceApi.GetRegisterSet, Id, TraceApi.ExtendedState, ref vector));
        return (int)vector.ByteLength;
    }

    /// <summary>Writes the state that <see cref="ReadState"/> has read. False: the processor has no such state.</summary>
    public bool TryWriteState(nint area, int byteLength)
    {
        IoVector vector = new(area, byteLength);
        return TraceApi.Trace(TraceApi.SetRegisterSet, Id, TraceApi.ExtendedState, ref vector) == 0;
    }

    /// <summary>Puts a task's three descriptors into the host's table for this process.</summary>
    public void SetSegments(ReadOnlySpan<TlsDescriptor> segments)
    {
        for (int i = 0; i < segments.Length; i++)
        {
            if (_segments[i] == segments[i]) continue;
            TlsDescriptor one = _segments[i] = segments[i];
            if (one.IsEmpty) one = new(default, 0, TlsFlags.ReadExecuteOnly | TlsFlags.NotPresent);
            int entry = SegmentSelectors.Of64BitKernel.FirstTlsEntry + i;
            UserDescriptor descriptor = new((uint)entry, one.Base.Value, one.Limit, (uint)one.Flags);
            _ = TraceApi.Trace(TraceApi.SetThreadArea, Id, entry, ref descriptor);    // one that the host refuses cannot be loaded
        }
    }

    /// <summary>Makes the process stop soon. From any thread.</summary>
    public void Interrupt()
    {
        if (Id != 0) _ = TraceApi.SendSignal(Id, StopSignal);
    }

    /// <summary>The signal that <see cref="Interrupt"/> sends: SIGUSR1.</summary>
    public const int StopSignal = 10;

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (Id != 0 && !IsLost) Lose();

        Id = 0;
        Orders.Dispose();
    }

    /// <summary>Unmaps everything but the orders and the stub's code, and closes descriptors.</summary>
    private void MakeRoom()
    {
        Orders.AddUnmap(0, StubProgram.CodeAt);
        Orders.AddUnmap(StubProgram.End, StubProgram.AddressEnd);
        Orders.AddClose(0, StubProgram.RamFile - 1);
        Orders.AddClose(StubProgram.CodeFile, uint.MaxValue);
        if (!TryCarryOut()) throw Failed("cannot let go of its memory");
    }

    /// <summary>A byte of the page of orders decides whether calls reach the kernel: Linux 5.11, PR_SET_SYSCALL_USER_DISPATCH.</summary>
    private bool TryBlockCalls()
    {
        const uint setDispatch = 59, on = 1;
        return Call(ProcessControl, setDispatch, on, 0, 0, StubOrders.BlockerAt) == 0;
    }

    /// <summary>
    /// Refuses every call from elsewhere than the loop of orders, if the host has seccomp filters: those of the vsyscall page, which a
    /// guest's 64-bit code makes (far jump to 33), and those where a signal handler returns in the vDSO, which user dispatch allows.
    /// </summary>
    private bool TryRefuseOtherCalls()
    {
        const uint setNoNewRights = 38, setFilter = 1, withoutMitigations = 4;
        _ = Call(ProcessControl, setNoNewRights, 1);
        return Call(InstallFilter, setFilter, withoutMitigations, StubProgram.FilterAt) == 0;
    }

    private uint Call(uint number, uint a, uint b, uint c = 0, uint d = 0, uint e = 0)
    {
        HostRegisters registers = Blank(StubProgram.SingleAt);
        (registers.Rax, registers.Rbx, registers.Rcx, registers.Rdx) = (number, a, b, c);
        (registers.Rsi, registers.Rdi) = (d, e);
        _ = RunOwnCode(ref registers);
        return (uint)registers.Rax;
    }

    private void MapOwn(uint at, uint protection, uint flags, int file)
    {
        if (Call(MapFile, at, VirtualAddress.PageSize, protection, flags, (uint)file) != at) throw Failed("cannot map its own pages");
    }

    private static HostRegisters Blank(uint at)
    {
        HostRegisters registers = default;
        registers.Set(SegmentSelectors.Of64BitKernel.FirstRegisters with { Eip = at }, 0, 0);
        return registers;
    }

    /// <summary>Runs the stub's own code, whose system calls are the host's. Returns the address of the stop; 0: lost, or failed.</summary>
    private uint RunOwnCode(ref HostRegisters registers)
    {
        FollowThread();
        if (!Done(TraceApi.Trace(TraceApi.SetRegisters, Id, 0, ref registers))) return 0;
        int stop;
        do
        {
            if (!Done(TraceApi.Trace(TraceApi.Continue, Id, 0, 0))) return 0;
            stop = WaitForStop();
        }
        while (stop is not (0 or StopByTrap or SegmentViolation or BusError));    // a request to stop came in between
        if (stop != StopByTrap || !Done(TraceApi.Trace(TraceApi.GetRegisters, Id, 0, ref registers))) return 0;
        return (uint)registers.Rip;
    }

    /// <summary>Moves the process to the processor of the thread that waits for it: see <see cref="ThreadPin"/>.</summary>
    private void FollowThread()
    {
        int processor = TraceApi.CurrentProcessor();
        if (processor == _processor) return;
        ThreadPin.Move(Id, processor);
        _processor = processor;
    }

    /// <summary>Returns the signal with which the process has stopped; 0: it has ended.</summary>
    private int WaitForStop()
    {
        int status;
        while (TraceApi.Wait(Id, out status, TraceApi.AnyChild) < 0)
        {
            if (Marshal.GetLastPInvokeError() == Interrupted) continue;
            IsLost = true;
            return 0;
        }

        IsLost = (status & 0xFF) != 0x7F;    // WIFSTOPPED
        return IsLost ? 0 : (status >> 8) & 0xFF;
    }

    /// <summary>Returns false if the process no longer exists. The host may kill it at any time, for example for want of memory.</summary>
    private bool Done(nint result)
    {
        const int noSuchProcess = 3, atOnce = 1;    // ESRCH, WNOHANG
        if (result == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        if (error != noSuchProcess)
            throw new InvalidOperationException($"The host refuses to control process {Id}: {new Win32Exception(error).Message}.");
        IsLost = true;
        _ = TraceApi.Wait(Id, out _, TraceApi.AnyChild | atOnce);    // its exit status is not needed
        return false;
    }

    private InvalidOperationException Failed(string what) =>
        new(IsLost
            ? "The host lets no process be traced (ptrace), or executes no 32-bit programs."
            : $"The process that shall execute programs {what}.");
}
