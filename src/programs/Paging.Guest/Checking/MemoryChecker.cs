using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Guest.Checking;

//   scheduler: BeginRun(task) ──► processor: Begin, Take … for each instruction ──► EndRun(task) ──► Answer, if at malloc and its like
//                                                                                        └──► CheckCall, before a system call
/// <summary>Checks every access of the programs against the states of their bytes, as valgrind's memcheck does.</summary>
/// <remarks>
/// The C library's allocator is replaced, so that blocks have red zones and wait before they are reused. The stack below ESP is
/// unaddressable, and uninitialized where ESP has just gone. Cost: some microseconds per instruction; none for programs that are not
/// checked.
/// </remarks>
internal sealed class MemoryChecker(PagingEngine engine, string root, TextWriter writer) : IGuestStepSink
{
    private const uint PageFaultOfStore = 2;    // W of the error code

    private readonly ConditionalWeakTable<UserProcess, CheckedMemory> _memories = [];
    private readonly ConditionalWeakTable<GuestContext, CheckedTask> _tasks = [];
    private readonly MemoryReports _reports = new(writer);
    private readonly ProgramNames _names = new(engine, root);
    private CheckedMemory _memory = null!;
    private CheckedTask _task = null!;
    private StepCheck _check = null!;

    /// <summary>The number of errors, repeated ones included.</summary>
    public int ErrorCount => _reports.Count;

    /// <summary>Notes an execve, after which the task has other memory.</summary>
    public void NoteExecuted(GuestTask task)
    {
        _memories.Remove(task.Process.Memory.Core);    // made again when it runs
        _tasks.Remove(task.Context);
    }

    /// <summary>Notes a fork.</summary>
    public void NoteForked(UserProcess parent, UserProcess child)
    {
        if (_memories.TryGetValue(parent, out CheckedMemory? memory)) _memories.Add(child, new(memory, child.Memory));
    }

    /// <summary>Notes a new thread, which begins with the registers of its parent.</summary>
    public void NoteCloned(GuestTask parent, GuestTask child, bool hasOwnStack)
    {
        if (!hasOwnStack && _tasks.TryGetValue(parent.Context, out CheckedTask? task))
            _tasks.Add(child.Context, new CheckedTask(task) { StackPointer = child.Registers.Esp });
    }

    /// <summary>Prepares the run of a task.</summary>
    public void BeginRun(GuestTask task)
    {
        Choose(task);
        _check.Advance(task.Registers.Esp);
    }

    private void Choose(GuestTask task)
    {
        _memory = _memories.GetValue(task.Process.Memory.Core, _ => new(task.Process.Memory.Space, _names));
        _task = _tasks.GetValue(task.Context, static _ => new());
        _check = _task.Check ??= new(_task, _memory, _reports);
    }

    public bool Begin(in GuestStep step)
    {
        uint stackPointer = step.StackPointer.Value;
        _check.Advance(stackPointer);
        if (_task.Resolver is { } resolver && stackPointer > resolver.StackPointer)
        {
            step.ReadRegisters(out GuestRegisters returned);
            _memory.NoteResolved(resolver.Name, new(returned.Eax));
            _task.Resolver = null;
        }

        _task.Step = _memory.StepAt(step.Address);
        _check.Enter(_task.Step, stackPointer);
        UninitializedRegisters registers = _task.Registers;
        registers.HasValues = !registers.IsClean;
        if (!registers.IsClean)
        {
            step.ReadRegisters(out registers.Values);
            if (registers.HasVectors) step.ReadVectors(registers.VectorValues);
        }

        return _task.Step.Entry == HeapCall.None;
    }

    public void Take(in GuestAccess access)
    {
        if (access.Kind == GuestAccessKind.Fetch) _task.IsExecuted = true;
        else _task.Accesses.Add(access);
    }

    /// <summary>Ends the run of a task. Returns true if the program is at a function that the checker executes.</summary>
    public bool EndRun(GuestTask task, in ProcessorExit exit)
    {
        _check.Advance(task.Registers.Esp);
        const int segmentationFault = 11, notMapped = 1;    // SIGSEGV, SEGV_MAPERR
        if (exit is { Kind: ProcessorExitKind.Exception, Signal: { Number: segmentationFault, Code: notMapped } signal })
            _check.ReportFault(signal.Address, new(task.Registers.Eip), isStore: (exit.ErrorCode & PageFaultOfStore) != 0);
        HeapCall call = exit.Kind == ProcessorExitKind.Breakpoint ? _task.Step!.Entry : HeapCall.None;
        if (call == HeapCall.None) return false;
        new HeapAnswer(_memory, _task, _reports).Answer(call, ref task.Registers);
        _check.Advance(task.Registers.Esp);
        return true;
    }

    /// <summary>Checks the bytes that a task passes to a system call.</summary>
    public void CheckCall(GuestTask task, string? name)
    {
        Choose(task);    // a waiting call is made again between the runs of other tasks
        ref GuestRegisters registers = ref task.Registers;
        switch (name)
        {
            case "mmap2" or "mmap" or "munmap" or "mprotect" or "mremap":
                _memory.IsStale = true;
                break;
            case "write" or "pwrite64":
                CheckBuffer(name, new(registers.Ecx), registers.Edx, isRead: true);
                break;
            case "read" or "pread64":
                CheckBuffer(name, new(registers.Ecx), registers.Edx, isRead: false);
                break;
            case "writev":
                for (uint i = 0; i < Math.Min(registers.Edx, 1024); i++)    // UIO_MAXIOV
                {
                    VirtualAddress at = new(registers.Ecx + (i * 8));
                    if (task.User.TryRead(at, out uint start) && task.User.TryRead(at + 4, out uint length))
                        CheckBuffer(name, new(start), length, isRead: true);
                }

                break;
        }

        _task.Registers[Iced.Intel.Register.EAX] = 0;
        _task.Registers.Update();
    }

    /// <summary>Ends the run and writes the totals.</summary>
    public void Finish() => _reports.Finish();

    private void CheckBuffer(string call, VirtualAddress start, uint byteLength, bool isRead)
    {
        if (!_memory.Shadow.TryFind(start, byteLength, alsoUninitialized: isRead, out VirtualAddress bad)) return;
        bool isUnaddressable = _memory.Shadow[bad] == ByteState.Unaddressable;
        string what = isUnaddressable ? "unaddressable" : "uninitialized";
        CallStack stack = _task.StackFrom(_task.Step?.Address ?? default);
        _reports.Add(isUnaddressable ? MemoryErrorKind.CallUsesUnaddressable : MemoryErrorKind.CallReadsUninitialized,
            $"the system call {call} {(isRead ? "reads" : "writes")} {what} bytes", stack, bad, _memory);
    }
}
