using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Programs;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Calls that end processes and threads, or execute programs. Linux: kernel/exit.c, fs/exec.c; for their creation see
/// <see cref="CloneCalls"/>.
/// </summary>
internal sealed class ProcessCalls(TaskTable tasks, ProcessTree processes, ProgramStart programs)
{
    private const int ArgumentCountMax = 0x7FFF_FFFF, StringByteLengthMax = 128 << 10;    // MAX_ARG_STRINGS, MAX_ARG_STRLEN

    public void AddTo(CallTable table)
    {
        table.Add(1, "exit", "d", Exit);
        table.Add(11, "execve", "saa", Execute);
        table.Add(243, "set_thread_area", "a", SetThreadArea);
        table.Add(244, "get_thread_area", "a", GetThreadArea);
        table.Add(252, "exit_group", "d", ExitGroup);
        table.Add(258, "set_tid_address", "a", SetThreadIdAddress);
        table.Add(311, "set_robust_list", "ax", SetRobustList);
        table.Add(312, "get_robust_list", "daa", GetRobustList);
        table.Add(358, "execveat", "dsaax", ExecuteAt);
    }

    private CallResult Exit(GuestTask task, in CallArguments call)
    {
        processes.End(task, (int)(call.A & 0xFF) << 8);    // wait(2): the low byte is for a signal
        return Keeps;
    }

    private CallResult ExitGroup(GuestTask task, in CallArguments call)
    {
        processes.EndGroup(task, (int)(call.A & 0xFF) << 8);
        return Keeps;
    }

    private CallResult Execute(GuestTask task, in CallArguments call)
    {
        Errno error = task.User.ReadPath(call.A.Address, out string path);
        return error != Errno.None ? error
            : Execute(task, new(Descriptor.WorkingDirectory, path, path, Follow: true), call.B.Address, call.C.Address);
    }

    /// <summary>Linux: do_open_execat, alloc_bprm: a program gets /dev/fd/N as the path of a file without one.</summary>
    private CallResult ExecuteAt(GuestTask task, in CallArguments call)
    {
        const uint emptyPath = 0x1000, noFollow = 0x100;
        if ((call.E & ~(emptyPath | noFollow)) != 0) return Errno.EINVAL;
        Errno error = task.User.ReadPath(call.B.Address, out string path);
        if (error != Errno.None) return error;
        if (path.Length == 0 && (call.E & emptyPath) == 0) return Errno.ENOENT;
        Descriptor directory = call.A.Descriptor;
        if (path.Length == 0 && directory.IsWorkingDirectory) return Errno.EACCES;    // a directory cannot be executed
        string shown = path;
        if (!path.StartsWith('/') && !directory.IsWorkingDirectory)
            shown = $"/dev/fd/{directory.Number}{(path.Length == 0 ? "" : "/")}{path}";
        return Execute(task, new(directory, path, shown, (call.E & noFollow) == 0), call.C.Address, call.D.Address);
    }

    private CallResult Execute(GuestTask task, in ProgramName name, VirtualAddress argumentsAt, VirtualAddress environmentAt)
    {
        List<string> environment = [];
        Errno error = ReadStrings(task, argumentsAt, out List<string> arguments);
        if (error == Errno.None) error = ReadStrings(task, environmentAt, out environment);
        if (error != Errno.None) return error;
        CallResult result = programs.Execute(task, name, arguments, environment);
        return result.IsValue || task.IsDead ? Keeps : result;    // the new program's registers are set
    }

    private static Errno ReadStrings(GuestTask task, VirtualAddress at, out List<string> strings)
    {
        strings = [];
        if (at == VirtualAddress.Zero) return Errno.None;    // Linux: bprm_stack_limits, as an empty list
        for (; strings.Count < ArgumentCountMax; at += sizeof(uint))
        {
            if (!task.User.TryRead(at, out uint pointer)) return Errno.EFAULT;
            if (pointer == 0) return Errno.None;
            Errno error = task.User.ReadString(new(pointer), StringByteLengthMax, out string text);
            if (error != Errno.None) return error == Errno.ENAMETOOLONG ? Errno.E2BIG : error;    // no path: MAX_ARG_STRLEN (execve(2))
            strings.Add(text);
        }

        return Errno.E2BIG;
    }

    /// <summary>Entry −1 requests a free one, whose number is returned. EINVAL, ESRCH. Linux: do_set_thread_area.</summary>
    private static CallResult SetThreadArea(GuestTask task, in CallArguments call)
    {
        if (!ThreadArea.TryRead(task, call.A.Address, out int entry, out TlsDescriptor descriptor)) return Errno.EFAULT;
        if (entry == -1)
        {
            entry = Enumerable.Range(task.Context.FirstTlsEntry, GuestContext.TlsEntryCount)
                .FirstOrDefault(i => task.Context.GetTls(i).IsEmpty, -1);
            if (entry == -1) return Errno.ESRCH;    // all three are in use (set_thread_area(2))
            if (!task.User.TryWrite(call.A.Address, entry)) return Errno.EFAULT;
        }

        if (!task.Context.IsTlsEntry(entry)) return Errno.EINVAL;
        task.Context.SetTls(entry, descriptor);
        return 0;
    }

    private static CallResult GetThreadArea(GuestTask task, in CallArguments call)
    {
        if (!ThreadArea.TryRead(task, call.A.Address, out int entry, out _)) return Errno.EFAULT;
        if (!task.Context.IsTlsEntry(entry)) return Errno.EINVAL;
        TlsDescriptor descriptor = task.Context.GetTls(entry);
        Span<uint> words = [(uint)entry, descriptor.Base.Value, descriptor.Limit, (uint)descriptor.Flags];
        return task.User.TryCopyTo(call.A.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }

    private static CallResult SetThreadIdAddress(GuestTask task, in CallArguments call)
    {
        task.ClearChildId = call.A.Address;
        return task.Id;
    }

    private static CallResult SetRobustList(GuestTask task, in CallArguments call)
    {
        if (call.B != 12) return Errno.EINVAL;    // sizeof(struct robust_list_head)
        task.RobustList = call.A.Address;
        return 0;
    }

    private CallResult GetRobustList(GuestTask task, in CallArguments call)
    {
        if (tasks.FindTask(task, call.A.Number) is not { } asked)
        {
            bool isOthers = tasks.Find(call.A.Number) is { IsInit: true } init && !TransferCalls.MayReach(task.Process, init);
            return isOthers ? Errno.EPERM : Errno.ESRCH;
        }

        return task.User.TryWrite(call.B.Address, asked.RobustList) && task.User.TryWrite(call.C.Address, 12u) ? 0 : Errno.EFAULT;
    }
}

/// <summary>struct user_desc: a number, a base, a limit, a bit field.</summary>
internal static class ThreadArea
{
    public static bool TryRead(GuestTask task, VirtualAddress at, out int entry, out TlsDescriptor descriptor)
    {
        Span<uint> words = stackalloc uint[4];
        bool read = task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words));
        entry = (int)words[0];
        descriptor = new(new VirtualAddress(words[1]), words[2], (TlsFlags)words[3]);
        return read;
    }

    /// <summary>The segments of a thread as an array of them. Linux: regset_tls_get.</summary>
    public static byte[] AllOf(GuestTask task)
    {
        uint[] words = new uint[4 * GuestContext.TlsEntryCount];
        for (int i = 0; i < GuestContext.TlsEntryCount; i++)
        {
            TlsDescriptor own = task.Context.GetTls(task.Context.FirstTlsEntry + i);
            if (own.IsEmpty) own = new(default, 0, TlsFlags.ReadExecuteOnly | TlsFlags.NotPresent);    // fill_user_desc of an empty entry
            ReadOnlySpan<uint> descriptor = [(uint)(task.Context.FirstTlsEntry + i), own.Base.Value, own.Limit, (uint)own.Flags];
            descriptor.CopyTo(words.AsSpan(4 * i));
        }

        return MemoryMarshal.AsBytes<uint>(words).ToArray();
    }
}
