using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Checking;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Processors;

namespace Paging.Guest.Syscalls;

/// <summary>Creates processes and threads, and ends their sharing. Linux: kernel/fork.c.</summary>
internal sealed class CloneCalls(
    IGuestProcessor processor, GuestClock clock, TaskTable tasks, MemoryChecker? checker)
{
    public void AddTo(CallTable table)
    {
        table.Add(2, "fork", "", (task, in _) => Clone(task, new(CloneFlags.None, SignalNumber.Child, 0)));
        table.Add(120, "clone", "xaaaa", (task, in call) => Clone(task, CloneRequest.OfWords(call)));
        table.Add(190, "vfork", "", (task, in _) => Clone(task, new(CloneFlags.Vfork | CloneFlags.ShareMemory, SignalNumber.Child, 0)));
        table.Add(435, "clone3", "an", CloneOfStructure);
    }

    private CallResult CloneOfStructure(GuestTask task, in CallArguments call)
    {
        Errno error = CloneRequest.Read(task, call.A.Address, call.B, out CloneRequest request);
        return error == Errno.None ? Clone(task, request) : error;
    }

    /// <summary>
    /// Linux: copy_process. EINVAL for invalid combinations; EAGAIN for RLIMIT_NPROC; ENOMEM.
    /// </summary>
    private CallResult Clone(GuestTask parent, in CloneRequest request)
    {
        CloneFlags flags = request.Flags;
        TlsDescriptor descriptor = default;
        int tlsEntry = 0;
        Errno error = Validate(flags);
        if (error == Errno.None && (flags & CloneFlags.SetTls) != 0
            && !ThreadArea.TryRead(parent, request.TlsAt, out tlsEntry, out descriptor)) error = Errno.EFAULT;
        GuestProcess? process = parent.Process;
        if (error == Errno.None && (flags & CloneFlags.Thread) == 0) error = MakeProcess(parent, request, out process);
        if (error != Errno.None) return error;

        int id = (flags & CloneFlags.Thread) == 0 ? process!.Id : tasks.TakeId();
        GuestContext context = processor.CreateContext();
        context.CopyFrom(parent.Context);
        GuestTask child = tasks.Add(process!, id, context);
        child.Registers.Eax = 0;
        if (request.Stack != 0) child.Registers.Esp = request.Stack;
        checker?.NoteCloned(parent, child, hasOwnStack: request.Stack != 0);
        child.Name = parent.Name;
        child.BlockedSignals = parent.BlockedSignals;
        child.Scheduling.InheritFrom(parent.Scheduling);
        // Not to a thread, which would run its handlers on the same stack as its parent; a vfork's parent sleeps (copy_process)
        if ((flags & (CloneFlags.ShareMemory | CloneFlags.Vfork)) != CloneFlags.ShareMemory) child.AlternateStack = parent.AlternateStack;
        if ((flags & CloneFlags.SetTls) != 0 && child.Context.IsTlsEntry(tlsEntry)) child.FirstTls = (tlsEntry, descriptor);
        Report(parent, child, request);
        return id;    // no event: no call waits for a new task
    }

    /// <summary>Writes the new number to the requested addresses, and makes a vfork's parent wait.</summary>
    private static void Report(GuestTask parent, GuestTask child, in CloneRequest request)
    {
        if ((request.Flags & CloneFlags.ParentSetId) != 0) parent.User.TryWrite(request.ParentIdAt, child.Id);
        if ((request.Flags & CloneFlags.ChildSetId) != 0) child.User.TryWrite(request.ChildIdAt, child.Id);
        if ((request.Flags & CloneFlags.ChildClearId) != 0) child.ClearChildId = request.ChildIdAt;
        if ((request.Flags & CloneFlags.Vfork) == 0) return;
        child.VforkParent = parent;
        parent.IsVforking = true;
    }

    /// <summary>Makes the checks that come before any change.</summary>
    private Errno Validate(CloneFlags flags)
    {
        // Threads share one set of actions, and handlers are addresses in one memory (copy_process)
        if ((flags & (CloneFlags.Thread | CloneFlags.ShareActions)) == CloneFlags.Thread) return Errno.EINVAL;
        if ((flags & (CloneFlags.ShareActions | CloneFlags.ShareMemory)) == CloneFlags.ShareActions) return Errno.EINVAL;
        if ((flags & CloneFlags.Unsupported) != 0) return Errno.EINVAL;
        return tasks.Tasks.Count >= tasks.CountMax ? Errno.EAGAIN : Errno.None;    // also for root: max_threads
    }

    private Errno MakeProcess(GuestTask parent, in CloneRequest request, out GuestProcess? process)
    {
        process = null;
        CloneFlags flags = request.Flags;
        GuestProcess from = parent.Process;
        // Either capability lifts RLIMIT_NPROC (copy_process)
        bool isLimited = !from.Credentials.Can(Capability.Resource) && !from.Credentials.Can(Capability.Administrator);
        if (isLimited && (ulong)tasks.Tasks.Count(task => task.Credentials.User == from.Credentials.User)
            >= from.Limits[LimitTable.Processes].Soft) return Errno.EAGAIN;
        SharedMemory memory;
        if ((flags & CloneFlags.ShareMemory) != 0)
        {
            memory = from.Memory.Hold();
        }
        else
        {
            Errno error = from.Memory.Core.Fork(out UserProcess? core);
            if (error != Errno.None) return error;
            checker?.NoteForked(from.Memory.Core, core!);
            memory = new SharedMemory(core!) { Program = from.Memory.Program, Barriers = from.Memory.Barriers };
            memory.Space.IsPrivileged = from.Memory.Space.IsPrivileged;
            memory.AuxiliaryVector = from.Memory.AuxiliaryVector;
            memory.Execute(from.Memory.Executable, from.Memory.ExecutableNode);
        }

        GuestProcess family = (flags & CloneFlags.SameParent) != 0 && from.Parent is not null ? from.Parent : from;
        process = new GuestProcess(tasks.TakeId(), from, memory)
        {
            Parent = family,
            StartedAt = clock.Monotonic,
            Descriptors = (flags & CloneFlags.ShareFiles) != 0 ? from.Descriptors.Hold() : from.Descriptors.Copy(),
            Actions = (flags & CloneFlags.ShareActions) != 0 ? from.Actions : from.Actions.Copy(),
            ExitSignal = request.ExitSignal,
        };
        if ((flags & CloneFlags.ShareDirectory) != 0) process.Places = from.Places.Hold();
        if ((flags & CloneFlags.ClearHandlers) != 0) process.Actions.ForgetHandlers();
        family.Children.Add(process);
        return Errno.None;
    }
}
