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
    IGuestProcessor processor, GuestClock clock, Happenings happenings, TaskTable tasks, MemoryChecker? checker)
{
    public void AddTo(CallTable table)
    {
        table.Add(2, "fork", "", (task, in _) => Clone(task, new(CloneFlags.None, SignalNumber.Child, 0)));
        table.Add(120, "clone", "xaaaa", CloneOfWords);
        table.Add(190, "vfork", "", (task, in _) => Clone(task, new(CloneFlags.Vfork | CloneFlags.ShareMemory, SignalNumber.Child, 0)));
        table.Add(310, "unshare", "x", Unshare);
        table.Add(435, "clone3", "an", CloneOfStructure);
    }

    /// <summary>clone(2). EINVAL if pidfd and parent's thread number have the same address.</summary>
    private CallResult CloneOfWords(GuestTask task, in CallArguments call)
    {
        const CloneFlags samePlace = CloneFlags.PidFile | CloneFlags.ParentSetId;
        CloneRequest request = CloneRequest.OfWords(call);
        bool isUnclear = (request.Flags & samePlace) == samePlace    // one address for two results (kernel_clone)
            || ((request.Flags & CloneFlags.PidFile) != 0 && (request.Flags & CloneFlags.Detached) != 0);    // reserved (copy_process)
        return isUnclear ? Errno.EINVAL : Clone(task, request);
    }

    private CallResult CloneOfStructure(GuestTask task, in CallArguments call)
    {
        Errno error = CloneRequest.Read(task, call.A.Address, call.B, out CloneRequest request);
        return error == Errno.None ? Clone(task, request) : error;
    }

    /// <summary>
    /// Linux: copy_process. EINVAL for invalid combinations; EAGAIN for RLIMIT_NPROC; EMFILE; EEXIST, EPERM for a chosen number; ENOMEM.
    /// </summary>
    private CallResult Clone(GuestTask parent, in CloneRequest request)
    {
        CloneFlags flags = request.Flags;
        TlsDescriptor descriptor = default;
        int tlsEntry = 0;
        Errno error = Validate(parent, request);
        if (error == Errno.None && (flags & CloneFlags.SetTls) != 0
            && !ThreadArea.TryRead(parent, request.TlsAt, out tlsEntry, out descriptor)) error = Errno.EFAULT;
        GuestProcess? process = parent.Process;
        if (error == Errno.None && (flags & CloneFlags.Thread) == 0) error = MakeProcess(parent, request, out process);
        if (error != Errno.None) return error;

        int id = (flags & CloneFlags.Thread) == 0 ? process!.Id : request.Id ?? tasks.TakeId();
        GuestContext context = processor.CreateContext();
        context.CopyFrom(parent.Context);
        GuestTask child = tasks.Add(process!, id, context);
        child.Registers.Eax = 0;
        if (request.Stack != 0) child.Registers.Esp = request.Stack;
        checker?.NoteCloned(parent, child, hasOwnStack: request.Stack != 0);
        child.Name = parent.Name;
        child.Credentials = parent.Credentials;
        child.BlockedSignals = parent.BlockedSignals;
        child.Scheduling.Nice = parent.Scheduling.Nice;
        // Not to a thread, which would run its handlers on the same stack as its parent; a vfork's parent sleeps (copy_process)
        if ((flags & (CloneFlags.ShareMemory | CloneFlags.Vfork)) != CloneFlags.ShareMemory) child.AlternateStack = parent.AlternateStack;
        if ((flags & CloneFlags.SetTls) != 0 && child.Context.IsTlsEntry(tlsEntry)) child.FirstTls = (tlsEntry, descriptor);
        Report(parent, child, request);
        return id;    // no event: no call waits for a new task
    }

    /// <summary>Writes the new number to the requested addresses, and makes a vfork's parent wait.</summary>
    private void Report(GuestTask parent, GuestTask child, in CloneRequest request)
    {
        if ((request.Flags & CloneFlags.PidFile) != 0)
        {
            PidFile file = new(clock, happenings, tasks, child.Process, 0);
            parent.User.TryWrite(request.PidFileAt, parent.Process.Install(file, closeOnExec: true));
        }

        if ((request.Flags & CloneFlags.ParentSetId) != 0) parent.User.TryWrite(request.ParentIdAt, child.Id);
        if ((request.Flags & CloneFlags.ChildSetId) != 0) child.User.TryWrite(request.ChildIdAt, child.Id);
        if ((request.Flags & CloneFlags.ChildClearId) != 0) child.ClearChildId = request.ChildIdAt;
        if ((request.Flags & CloneFlags.Vfork) == 0) return;
        child.VforkParent = parent;
        parent.IsVforking = true;
    }

    /// <summary>Makes the checks that come before any change.</summary>
    private Errno Validate(GuestTask parent, in CloneRequest request)
    {
        CloneFlags flags = request.Flags;
        Credentials credentials = parent.Credentials;
        // Threads share one set of actions, and handlers are addresses in one memory (copy_process)
        if ((flags & (CloneFlags.Thread | CloneFlags.ShareActions)) == CloneFlags.Thread) return Errno.EINVAL;
        if ((flags & (CloneFlags.ShareActions | CloneFlags.ShareMemory)) == CloneFlags.ShareActions) return Errno.EINVAL;
        const CloneFlags ofThread = CloneFlags.PidFile | CloneFlags.Thread;
        if ((flags & ofThread) == ofThread) return Errno.EINVAL;    // pidfds are of processes only, as before Linux 6.9
        if (Namespaces(parent, flags) is var refused and not Errno.None) return refused;
        if (request.Id is { } id)
        {
            if (request.IdCount > 1) return Errno.EINVAL;    // one a namespace, of which there is one (alloc_pid)
            if (tasks.ValidateId(id) is Errno.EINVAL) return Errno.EINVAL;    // before EPERM, as in alloc_pid; EEXIST comes after it
            if (!credentials.Can(Capability.Restore) && !credentials.Can(Capability.Administrator)) return Errno.EPERM;
            if (tasks.ValidateId(id) is var taken and not Errno.None) return taken;
        }

        if (tasks.Tasks.Count >= tasks.CountMax) return Errno.EAGAIN;    // also for root: max_threads
        if ((flags & CloneFlags.PidFile) == 0) return Errno.None;
        // Probed now: a failed write after the child exists could not be undone
        if (!parent.User.TryRead(request.PidFileAt, out uint word) || !parent.User.TryWrite(request.PidFileAt, word)) return Errno.EFAULT;
        return parent.Process.HasRoomForDescriptor ? Errno.None : Errno.EMFILE;
    }

    /// <summary>
    /// There is one namespace of each kind, as on a kernel that is built without them. Linux: copy_namespaces, unshare_nsproxy_namespaces.
    /// </summary>
    private static Errno Namespaces(GuestTask task, CloneFlags flags)
    {
        if ((flags & CloneFlags.Namespaces) == 0) return Errno.None;
        // A namespace of users needs no capability (user_namespaces(7))
        return task.Credentials.Can(Capability.Administrator) || (flags & CloneFlags.NewUsers) != 0 ? Errno.EINVAL : Errno.EPERM;
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
            memory = new SharedMemory(core!) { Program = from.Memory.Program };
            memory.Space.IsPrivileged = from.Memory.Space.IsPrivileged;
            memory.AuxiliaryVector = from.Memory.AuxiliaryVector;
            memory.Execute(from.Memory.Executable, from.Memory.ExecutableNode);
        }

        GuestProcess family = (flags & CloneFlags.SameParent) != 0 && from.Parent is not null ? from.Parent : from;
        process = new GuestProcess(request.Id ?? tasks.TakeId(), from, memory)
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

    /// <summary>
    /// Ends sharing with other processes. Linux: ksys_unshare; here a thread cannot unshare its process's descriptors.
    /// </summary>
    private CallResult Unshare(GuestTask task, in CallArguments call)
    {
        const CloneFlags ofThreads = CloneFlags.Thread | CloneFlags.ShareActions | CloneFlags.ShareMemory;
        const CloneFlags known = CloneFlags.Namespaces | ofThreads | CloneFlags.ShareDirectory | CloneFlags.ShareFiles
            | CloneFlags.ShareUndo;
        CloneFlags flags = (CloneFlags)call.A.Word;
        GuestProcess process = task.Process;
        if ((flags & ~known) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.NewUsers) != 0) flags |= CloneFlags.Thread;    // Linux: ksys_unshare; credentials are a thread's
        if ((flags & ofThreads) != 0 && process.Threads.Count > 1) return Errno.EINVAL;    // what threads share cannot be split
        if ((flags & CloneFlags.ShareMemory) != 0 && process.Memory.IsShared) return Errno.EINVAL;
        Errno error = Namespaces(task, flags);
        if (error != Errno.None) return error;
        if ((flags & CloneFlags.ShareFiles) != 0) process.Descriptors = process.Descriptors.Own();
        if ((flags & CloneFlags.ShareDirectory) != 0 && process.Places.IsShared) process.Places = process.Places.Copy();
        return Errno.None;
    }
}
