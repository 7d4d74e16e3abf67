using System.Text;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;
using Paging.Windows;
using Paging.Windows.Images;
using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Images;
using Paging.WindowsGuest.Runtime;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest;

//   PE file ──► PeImage ──► PeMapper ──► memory of a WindowsProcess ──► GuestProcessor runs it on the process's page tables
//                              └ imports ──► CallStubs ──► int 0x80 ──► CallCatalog ──► VirtualAlloc, … of the engine
//   page fault that the engine refuses ──► ExceptionDispatcher ──► handlers of the program, or its end
/// <summary>A 32-bit console program of Windows, run on the engine's page tables by an emulated processor.</summary>
/// <remarks>
/// It has kernel32 and ntdll as far as <see cref="KnownFunctions"/> names them; its files live in the engine. Its threads take turns on one
/// processor. Not thread-safe, except <see cref="RequestStop"/>. Dispose it after the run.
/// </remarks>
public sealed class WindowsProgram : IDisposable
{
    private const long TurnByteCount = 1 << 20;    // of code: some 300,000 instructions
    private const string Aborted = "function is not here";

    private readonly GuestProcessor _processor;
    private readonly ProgramState _state;
    private volatile bool _isStopping;

    private WindowsProgram(PagingEngine engine, GuestProcessor processor, ProgramState state) =>
        (Engine, _processor, _state) = (engine, processor, state);

    /// <summary>The machine, for reports and audits.</summary>
    public PagingEngine Engine { get; }

    /// <summary>The process, for reports.</summary>
    public WindowsProcess Process => _state.Process;

    /// <summary>The functions that programs can import, as <c>kernel32.dll.VirtualAlloc</c>, in order.</summary>
    public static IEnumerable<string> KnownFunctions =>
        CallCatalog.All.Select(static call => $"{call.Module}.{call.Name}").Order(StringComparer.Ordinal);

    /// <summary>True if a file is a program of DOS or Windows, by its first bytes.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> file) => PeImage.HasMagic(file);

    /// <summary>Builds a machine and loads a program into it.</summary>
    /// <param name="file">The program's file.</param>
    /// <param name="options">Its arguments and settings.</param>
    /// <param name="program">The program, before its first instruction.</param>
    /// <param name="refusal">The reason why it could not be loaded, in words.</param>
    /// <exception cref="InvalidOperationException">There is no processor: see <see cref="GuestProcessor.IsAvailable"/>.</exception>
    public static bool TryLoad(
        ReadOnlyMemory<byte> file, WindowsProgramOptions options, out WindowsProgram? program, out string refusal)
    {
        ArgumentNullException.ThrowIfNull(options);
        program = null;
        if (!PeImage.TryRead(file, out PeImage image, out refusal)) return false;
        if (image.IsLibrary)
        {
            refusal = "a library, not a program";
            return false;
        }

        PagingEngine engine = new(options.Engine);
        GuestProcessor processor = new(engine);
        if (options.PageFileBytes != 0) engine.SwapOn(new MemorySwapStore(options.PageFileBytes, "pagefile.sys"), out _);
        WindowsMachine machine = WindowsMachine.Of(engine);
        machine.HasLargeUserRange = options.HasLargeUserRange;
        machine.UserData.Start(ProgramClock.Epoch, ProgramClock.CookieOf(options.Engine.Seed));
        WindowsProcess process = machine.CreateProcess("program", arena: null, image.IsLargeAddressAware);
        refusal = "no memory for it";
        if (CallStubs.Make(process, CallCatalog.All) is { } stubs
                && SystemLibraries.Load(process, CallCatalog.All, RuntimeVariables.All) is { } libraries)
        {
            program = new(engine, processor, NewState(machine, process, stubs, libraries, processor, options));
            if (program.TryStart(image, options, out refusal)) return true;
            program.Dispose();
            program = null;
            return false;
        }

        process.Dispose();
        processor.Dispose();
        engine.Dispose();
        return false;
    }

    /// <summary>Runs the program to its end, or until a stop is requested.</summary>
    public WindowsOutcome Run()
    {
        while (_state.ExitCode is null && !_isStopping)
        {
            if (_state.Threads.Next() is { } thread) RunTurn(thread);
            else if (!_state.Threads.IsAnyAlive) _state.ExitCode = _state.Threads.Current.ExitCode;
            else WaitForTime();
        }

        if (_state is { ExitCode: not null, Reason: null }) _state.Runtime.FlushAll();    // TerminateProcess would lose output
        bool isStopped = _state.ExitCode is null;
        _isStopping = false;
        _state.Output.Flush();
        _state.Errors.Flush();
        return new(_state.ExitCode ?? 0, _state.Reason, isStopped);
    }

    /// <summary>Requests that <see cref="Run"/> end soon. May be called from any thread.</summary>
    public void RequestStop()
    {
        _isStopping = true;
        _processor.RequestStop();    // after the flag, which the loop reads when the processor comes back
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _state.Process.Dispose();
        _processor.Dispose();
        _state.Machine.Dispose();
        Engine.Dispose();
    }

    private static ProgramState NewState(
        WindowsMachine machine, WindowsProcess process, CallStubs stubs, SystemLibraries libraries, GuestProcessor processor,
        WindowsProgramOptions options)
    {
        ProgramClock clock = new(machine.UserData, options.Clock);
        ThreadSet threads = new(processor, process, clock, stubs.ThreadReturn);
        ProgramState state = new()
        {
            Machine = machine,
            Process = process,
            Stubs = stubs,
            Threads = threads,
            Routines = new(threads, stubs.RoutineReturn),
            Libraries = libraries,
            Clock = clock,
            Exceptions = new(process, threads, stubs.HandlerReturn),
            Heap = new(process),
            Input = options.Input,
            Output = options.Output,
            Errors = options.Errors,
        };
        state.Handles.Open(new ConsoleStream(options.Input, IsInput: true));    // in the order of ProcessImports.InputHandle …
        state.Handles.Open(new ConsoleStream(options.Output, IsInput: false));
        state.Handles.Open(new ConsoleStream(options.Errors, IsInput: false));
        state.Runtime = new RuntimeState(state);
        return state;
    }

    private bool TryStart(PeImage image, WindowsProgramOptions options, out string refusal)
    {
        using GuestFile file = Engine.CreateMemoryFile("program.exe");    // the image section holds it
        refusal = "no memory for it";
        if (file.Write(0, image.File, out int written) != Errno.None || written != image.File.Length) return false;
        WindowsFile opened = _state.Machine.OpenFile(file, FileAccessRights.Read);
        if (!PeMapper.TryMap(Process, opened, image, Resolve, out VirtualAddress start, out refusal)) return false;
        refusal = "no memory for its first thread";
        byte[] line = [.. Encoding.Latin1.GetBytes(options.CommandLine), 0];
        uint length = ProcessBlock.ByteLength + (uint)line.Length;
        if (!SystemMemory.TryTake(Process, length, out VirtualAddress block)) return false;
        _state.Image = start;
        _state.CommandLine = block + ProcessBlock.ByteLength;
        Process.Access.WriteProcessMemory(_state.CommandLine, line, out _);
        ProcessBlock.Begin(Process, block, start, HeapImports.Handle);
        if (!_state.Runtime.TryBegin()) return false;
        ThreadSet threads = _state.Threads;
        (threads.ProcessBlock, threads.StackReserve, threads.StackCommit) = (block, image.StackReserve, image.StackCommit);
        threads.Storage = TlsDirectory.Read(Process, image, start);
        return threads.Make(start + image.EntryPoint, block.Value, 0, 0) is not null;
    }

    private VirtualAddress Resolve(PeImport import) =>
        _state.Libraries.TryFind(import.Module, import.Name, out VirtualAddress known) ? known : _state.Stubs.ResolveMissing(import);

    private void RunTurn(GuestThread thread)
    {
        _state.Threads.Enter(thread);
        if (!thread.HasBegun) _state.BeginThread(thread);
        _state.Clock.Tick();
        ProcessorExit exit = _processor.Run(TurnByteCount);
        _state.Threads.Leave();
        switch (exit.Kind)
        {
            case ProcessorExitKind.Stopped or ProcessorExitKind.Pending:
                break;
            case ProcessorExitKind.SystemCall:
                Execute(thread);
                _state.Threads.Leave();
                break;
            case ProcessorExitKind.OutOfMemory:
                _state.End((uint)NtStatus.NoMemory, "no memory left for one of its pages");
                break;
            default:
                // int3 is a trap, but handlers find it as a fault and skip it themselves (Windows: KiDispatchException)
                if (exit.Vector == ProcessorVector.Breakpoint) thread.Context.Registers.Eip--;
                ExceptionRecord record = ExceptionRecord.Of(Process, exit, thread.Context.Registers.Eip);
                if (!_state.Exceptions.Raise(record)) _state.EndUnhandled(record);
                _state.Threads.Leave();
                break;
        }
    }

    private void Execute(GuestThread thread)
    {
        ref GuestRegisters registers = ref thread.Context.Registers;
        switch (_state.Stubs.KindOf(registers.Eax, out ImportedCall? call))
        {
            case CallStubs.Kind.Function:
                if (call!.Function(new(_state, thread)) is { } result) registers.Eax = result;
                break;
            case CallStubs.Kind.ThreadReturned:
                ThreadReturned(thread);
                break;
            case CallStubs.Kind.RoutineReturned:
                if (!_state.Routines.OnReturn()) _state.End((uint)NtStatus.StackOverflow, "a call went back to nowhere, or found no stack");
                break;
            case CallStubs.Kind.HandlerReturned:
                ExceptionRecord handled = _state.Exceptions.Current ?? new(0, 0, new(registers.Eip), []);
                if (!_state.Exceptions.OnHandlerReturned()) _state.EndUnhandled(handled);
                break;
            default:
                _state.Runtime.FlushAll();    // the program is not to blame: its output is not lost
                _state.End(0x8000_0100, $"{_state.Stubs.NameOfMissing(registers.Eax)}: {Aborted}");    // EXCEPTION_WINE_STUB
                break;
        }
    }

    /// <summary>The thread's function has returned; the stub has put the result into EDX.</summary>
    private void ThreadReturned(GuestThread thread) => _state.EndThread(thread, thread.Context.Registers.Edx);

    private void WaitForTime()
    {
        if (_state.Threads.UntilNextDeadline is not { } left)
        {
            _state.End((uint)NtStatus.InvalidParameter, "every thread waits for another one");
            return;
        }

        _state.Output.Flush();
        Thread.Sleep((int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, 100));    // a clock may be faster than the host's
    }
}
