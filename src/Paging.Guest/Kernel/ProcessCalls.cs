using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using static Paging.Guest.CallResult;

namespace Paging.Guest;

/// <summary>Processes and threads: how they are made, become another program, and end. Linux: kernel/fork.c, kernel/exit.c, fs/exec.c.</summary>
internal sealed class ProcessCalls(GuestKernel kernel)
{
    private const uint ShareMemory = 0x100, ShareFiles = 0x400, ShareActions = 0x800, Vfork = 0x4000, SameParent = 0x8000, Thread = 0x1_0000,
        SetTls = 0x8_0000, ParentSetId = 0x10_0000, ChildClearId = 0x20_0000, ChildSetId = 0x100_0000, SignalMask = 0xFF;

    private const int ArgumentCountMax = 0x7FFF_FFFF, StringByteLengthMax = 128 << 10;

    public void AddTo(CallTable table)
    {
        table.Add(1, "exit", "d", Exit);
        table.Add(2, "fork", "", (task, in _) => Clone(task, SignalNumber.Child, 0, 0, 0, 0));
        table.Add(11, "execve", "saa", Execute);
        table.Add(120, "clone", "xaaaa", (task, in call) => Clone(task, call.A, call.B, call.C, call.E, call.D));
        table.Add(190, "vfork", "", (task, in _) => Clone(task, SignalNumber.Child | Vfork | ShareMemory, 0, 0, 0, 0));
        table.Add(243, "set_thread_area", "a", SetThreadArea);
        table.Add(244, "get_thread_area", "a", GetThreadArea);
        table.Add(252, "exit_group", "d", ExitGroup);
        table.Add(258, "set_tid_address", "a", SetThreadIdAddress);
        table.Add(311, "set_robust_list", "ax", SetRobustList);
        table.Add(312, "get_robust_list", "daa", GetRobustList);
        table.Add(358, "execveat", "dsaax", ExecuteAt);
    }

    private int Exit(GuestTask task, in CallArguments call)
    {
        kernel.Processes.End(task, (int)(call.A & 0xFF) << 8);
        return Keep;
    }

    private int ExitGroup(GuestTask task, in CallArguments call)
    {
        kernel.Processes.EndGroup(task, (int)(call.A & 0xFF) << 8);
        return Keep;
    }

    /// <summary>Linux: copy_process. EINVAL: combinations that make no sense; EAGAIN: RLIMIT_NPROC; ENOMEM.</summary>
    private int Clone(GuestTask parent, uint flags, uint stack, uint parentId, uint childId, uint tls)
    {
        if ((flags & (Thread | ShareActions)) == Thread || (flags & (ShareActions | ShareMemory)) == ShareActions) return Fail(Errno.EINVAL);
        GuestProcess process = parent.Process;
        TlsDescriptor descriptor = default;
        if ((flags & SetTls) != 0 && !ThreadArea.TryRead(parent, tls, out _, out descriptor)) return Fail(Errno.EFAULT);
        if ((flags & Thread) == 0)
        {
            Errno error = TryMakeProcess(parent, flags, out process!);
            if (error != Errno.None) return Fail(error);
        }

        int id = (flags & Thread) == 0 ? process.Id : kernel.Processes.TakeId();
        GuestContext context = kernel.Processor.CreateContext();
        context.CopyFrom(parent.Context);
        GuestTask child = kernel.Processes.Add(process, id, context);
        child.Registers.Eax = 0;
        if (stack != 0) child.Registers.Esp = stack;
        child.Name = parent.Name;
        child.BlockedSignals = parent.BlockedSignals;
        child.Scheduling = parent.Scheduling;
        if ((flags & (ShareMemory | Vfork)) != ShareMemory) child.AlternateStack = parent.AlternateStack;
        if ((flags & SetTls) != 0 && ThreadArea.TryRead(parent, tls, out int entry, out _) && GuestContext.IsTlsEntry(entry)) child.FirstTls = (entry, descriptor);
        if ((flags & ParentSetId) != 0) parent.User.TryWrite(parentId, id);
        if ((flags & ChildSetId) != 0) child.User.TryWrite(childId, id);
        if ((flags & ChildClearId) != 0) child.ClearChildId = childId;
        if ((flags & Vfork) != 0)
        {
            child.VforkParent = parent;
            parent.IsVforking = true;
        }

        kernel.Happened();
        return id;
    }

    private Errno TryMakeProcess(GuestTask parent, uint flags, out GuestProcess? process)
    {
        process = null;
        GuestProcess from = parent.Process;
        int running = kernel.Processes.Tasks.Count(task => task.Process.Credentials.User == from.Credentials.User);
        if ((ulong)running >= from.Limits[LimitTable.Processes].Soft && !from.Credentials.Can(Capability.Resource) && !from.Credentials.Can(Capability.Administrator)) return Errno.EAGAIN;
        SharedMemory memory;
        if ((flags & ShareMemory) != 0)
        {
            memory = from.Memory.Hold();
        }
        else
        {
            Errno error = from.Memory.Core.TryFork(out Process? core);
            if (error != Errno.None) return error;
            memory = new SharedMemory(core!) { Program = from.Memory.Program };
            memory.Space.IsPrivileged = from.Memory.Space.IsPrivileged;
            memory.Execute(from.Memory.Executable, kernel.Files.Inodes);
        }

        GuestProcess family = (flags & SameParent) != 0 && from.Parent is not null ? from.Parent : from;
        process = new GuestProcess(kernel.Processes.TakeId(), from, memory)
        {
            Parent = family,
            StartedAt = kernel.Clock.Monotonic,
            Descriptors = (flags & ShareFiles) != 0 ? from.Descriptors.Hold() : from.Descriptors.Copy(),
            Actions = (flags & ShareActions) != 0 ? from.Actions : from.Actions.Copy(),
            ExitSignal = (int)(flags & SignalMask),
        };
        family.Children.Add(process);
        return Errno.None;
    }

    private int Execute(GuestTask task, in CallArguments call)
    {
        Errno error = task.User.ReadPath(call.A, out string path);
        return error != Errno.None ? Fail(error) : Execute(task, path, call.B, call.C);
    }

    private int ExecuteAt(GuestTask task, in CallArguments call)
    {
        const uint emptyPath = 0x1000;
        Errno error = task.User.ReadPath(call.B, out string path);
        if (error != Errno.None) return Fail(error);
        if (path.Length == 0 && (call.E & emptyPath) != 0)
        {
            if (task.Process.Descriptors.Find((int)call.A) is not { } open) return Fail(Errno.EBADF);
            path = open.Path;
        }
        else if (!path.StartsWith('/') && (int)call.A != HostCalls.AtFdCwd)
        {
            if (task.Process.Descriptors.Find((int)call.A) is not { } directory) return Fail(Errno.EBADF);
            path = $"{directory.Path}/{path}";
        }

        return Execute(task, path, call.C, call.D);
    }

    private int Execute(GuestTask task, string path, uint argumentsAt, uint environmentAt)
    {
        List<string> environment = [];
        Errno error = ReadStrings(task, argumentsAt, out List<string> arguments);
        if (error == Errno.None) error = ReadStrings(task, environmentAt, out environment);
        if (error == Errno.None) error = kernel.Programs.Execute(task, path, arguments, environment);
        return error == Errno.None || task.IsDead ? Keep : Fail(error);
    }

    private static Errno ReadStrings(GuestTask task, uint at, out List<string> strings)
    {
        strings = [];
        if (at == 0) return Errno.None;
        for (; strings.Count < ArgumentCountMax; at += sizeof(uint))
        {
            if (!task.User.TryRead(at, out uint pointer)) return Errno.EFAULT;
            if (pointer == 0) return Errno.None;
            Errno error = task.User.ReadString(pointer, StringByteLengthMax, out string text);
            if (error != Errno.None) return error == Errno.ENAMETOOLONG ? Errno.E2BIG : error;
            strings.Add(text);
        }

        return Errno.E2BIG;
    }

    /// <summary>Entry −1 asks for a free one and is told which. EINVAL, ESRCH. Linux: do_set_thread_area.</summary>
    private static int SetThreadArea(GuestTask task, in CallArguments call)
    {
        if (!ThreadArea.TryRead(task, call.A, out int entry, out TlsDescriptor descriptor)) return Fail(Errno.EFAULT);
        if (entry == -1)
        {
            entry = Enumerable.Range(GuestContext.FirstTlsEntry, GuestContext.TlsEntryCount).FirstOrDefault(i => task.Context.GetTls(i).IsEmpty, -1);
            if (entry == -1) return Fail(Errno.ESRCH);
            if (!task.User.TryWrite(call.A, entry)) return Fail(Errno.EFAULT);
        }

        if (!GuestContext.IsTlsEntry(entry)) return Fail(Errno.EINVAL);
        task.Context.SetTls(entry, descriptor);
        return 0;
    }

    private static int GetThreadArea(GuestTask task, in CallArguments call)
    {
        if (!ThreadArea.TryRead(task, call.A, out int entry, out _)) return Fail(Errno.EFAULT);
        if (!GuestContext.IsTlsEntry(entry)) return Fail(Errno.EINVAL);
        TlsDescriptor descriptor = task.Context.GetTls(entry);
        Span<uint> words = [(uint)entry, descriptor.Base.Value, descriptor.Limit, (uint)descriptor.Flags];
        return task.User.TryCopyTo(call.A, MemoryMarshal.AsBytes(words)) ? 0 : Fail(Errno.EFAULT);
    }

    private static int SetThreadIdAddress(GuestTask task, in CallArguments call)
    {
        task.ClearChildId = call.A;
        return task.Id;
    }

    private static int SetRobustList(GuestTask task, in CallArguments call)
    {
        if (call.B != 12) return Fail(Errno.EINVAL);
        task.RobustList = call.A;
        return 0;
    }

    private int GetRobustList(GuestTask task, in CallArguments call)
    {
        GuestTask? asked = call.A == 0 ? task : kernel.Processes.FindTask((int)call.A);
        if (asked is null) return Fail(Errno.ESRCH);
        return task.User.TryWrite(call.B, asked.RobustList) && task.User.TryWrite(call.C, 12u) ? 0 : Fail(Errno.EFAULT);
    }
}

/// <summary>struct user_desc: a number, a base, a limit, a bit field.</summary>
internal static class ThreadArea
{
    public static bool TryRead(GuestTask task, uint at, out int entry, out TlsDescriptor descriptor)
    {
        Span<uint> words = stackalloc uint[4];
        bool read = task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words));
        entry = (int)words[0];
        descriptor = new(new VirtualAddress(words[1]), words[2], (TlsFlags)words[3]);
        return read;
    }
}
