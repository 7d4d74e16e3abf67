using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Sockets;

//  ├ length ┤├ level ┤├ type ┤├ data, to a multiple of 4 ┤  ·  ·  ·      length counts the head, not the filling
/// <summary>struct cmsghdr of i386: files and credentials that go with a message. Linux: net/core/scm.c, net/compat.c.</summary>
internal static class ControlMessages
{
    private const int HeadByteLength = 12, FilesMax = 253, CredentialsByteLength = 12;
    private const uint ControlByteLengthMax = 20480, OverflowId = 65534;

    /// <summary>
    /// Reads what a sender says. EINVAL: malformed, or too many files; EBADF; EPERM: credentials of another user; ESRCH: of a process that
    /// is not there; ENOBUFS: too long. Linux: __scm_send.
    /// </summary>
    public static Errno Read(TaskTable tasks, GuestTask task, VirtualAddress at, uint byteLength, SocketAddress? to,
        out OutgoingExtras extras)
    {
        extras = new() { To = to };
        if (byteLength > ControlByteLengthMax) return Errno.ENOBUFS;
        if (byteLength < HeadByteLength) return Errno.None;
        byte[] bytes = new byte[byteLength];
        if (!task.User.TryCopyFrom(at, bytes)) return Errno.EFAULT;
        List<OpenDescription> files = [];
        SocketIdentity? sender = null;
        for (int position = 0; position + HeadByteLength <= bytes.Length;)
        {
            ReadOnlySpan<byte> rest = bytes.AsSpan(position);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length < HeadByteLength || length > rest.Length) return Errno.EINVAL;
            Errno error = ReadOne(tasks, task, rest[..(int)length], files, ref sender);
            if (error != Errno.None) return error;
            position += ((int)length + 3) & ~3;
        }

        extras = new() { To = to, Sender = sender, Files = files };
        return Errno.None;
    }

    /// <summary>Writes what a receiver gets, as far as it has room; <see cref="MessageFlags.ControlTruncated"/>: not all of it.</summary>
    /// <returns>Bytes of the buffer that were used.</returns>
    public static uint Write(GuestTask task, UnixSocket socket, IncomingExtras extras, VirtualAddress at, uint room, bool closeOnExec)
    {
        uint used = 0;
        // A stream tells at its end of nobody, packets tell nothing. Linux: unix_stream_read_generic, __unix_dgram_recvmsg.
        SocketIdentity? nobody = socket.Type == SocketType.Stream ? SocketIdentity.Nobody : null;
        SocketIdentity? passed = socket.Options.PassesCredentials ? extras.Sender ?? nobody : null;
        if (at == VirtualAddress.Zero)
        {
            if (passed is not null || extras.Files is not null) extras.Flags |= MessageFlags.ControlTruncated;
            extras.Forget();
            return 0;
        }

        if (passed is { } sender)
        {
            Span<int> words = [HeadByteLength + CredentialsByteLength, SocketWords.SocketLevel, SocketWords.CredentialsMessage,
                sender.ProcessId, (int)Shown(sender.User), (int)Shown(sender.Group)];
            used = Put(task, MemoryMarshal.AsBytes(words), at, room, extras);
        }

        if (extras.Files is { } files) used += PutFiles(task, files, at + used, room - used, extras, closeOnExec);
        return used;
    }

    private static Errno ReadOne(TaskTable tasks, GuestTask task, ReadOnlySpan<byte> message, List<OpenDescription> files,
        ref SocketIdentity? sender)
    {
        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(message[..(message.Length & ~3)]);
        if (words[1] != SocketWords.SocketLevel) return Errno.None;
        ReadOnlySpan<int> data = words[3..];
        switch (words[2])
        {
            case SocketWords.RightsMessage:
                if (files.Count + data.Length > FilesMax) return Errno.EINVAL;
                foreach (int number in data)
                {
                    if (task.Process.Descriptors.FindRaw(new(number)) is not { } file) return Errno.EBADF;
                    files.Add(file);
                }

                return Errno.None;
            case SocketWords.CredentialsMessage:
                if (message.Length != HeadByteLength + CredentialsByteLength) return Errno.EINVAL;
                SocketIdentity told = new(data[0], (uint)data[1], (uint)data[2]);
                sender = told;
                if (told.User == uint.MaxValue || told.Group == uint.MaxValue) return Errno.EINVAL;
                if (!MayPretend(task.Process, told)) return Errno.EPERM;
                bool isThere = tasks.Find(told.ProcessId) is not null || tasks.FindTask(told.ProcessId) is not null;
                return isThere ? Errno.None : Errno.ESRCH;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>Linux: from_kuid_munged of nobody.</summary>
    private static uint Shown(uint id) => id == uint.MaxValue ? OverflowId : id;

    /// <summary>Linux: scm_check_creds.</summary>
    private static bool MayPretend(GuestProcess process, SocketIdentity sender)
    {
        Credentials own = process.Credentials;
        bool isUser = sender.User == own.User || sender.User == own.EffectiveUser || sender.User == own.SavedUser
            || own.Can(Capability.SetUser);
        bool isGroup = sender.Group == own.Group || sender.Group == own.EffectiveGroup || sender.Group == own.SavedGroup
            || own.Can(Capability.SetGroup);
        return (sender.ProcessId == process.Id || own.Can(Capability.Administrator)) && isUser && isGroup;
    }

    /// <summary>Linux: put_cmsg_compat.</summary>
    private static uint Put(GuestTask task, ReadOnlySpan<byte> message, VirtualAddress at, uint room, IncomingExtras extras)
    {
        if (room < HeadByteLength)
        {
            extras.Flags |= MessageFlags.ControlTruncated;
            return 0;
        }

        int count = (int)Math.Min((uint)message.Length, room);
        if (count < message.Length) extras.Flags |= MessageFlags.ControlTruncated;
        byte[] bytes = message[..count].ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
        return task.User.TryCopyTo(at, bytes) ? Math.Min((uint)(count + 3) & ~3u, room) : 0;
    }

    /// <summary>New descriptors, as many as there is room for; the other files go. Linux: scm_detach_fds_compat.</summary>
    private static uint PutFiles(GuestTask task, List<OpenDescription> files, VirtualAddress at, uint room, IncomingExtras extras,
        bool closeOnExec)
    {
        int max = room < HeadByteLength + sizeof(int) ? 0 : (int)Math.Min((room - HeadByteLength) / sizeof(int), (uint)files.Count);
        List<int> words = [0, SocketWords.SocketLevel, SocketWords.RightsMessage];
        bool isFull = max == 0;
        foreach (OpenDescription file in files)
        {
            if (isFull)
            {
                file.Release();
                continue;
            }

            CallResult number = task.Process.Install(file, closeOnExec);    // lets the file go where there is no number
            if (number.IsValue) words.Add(number.Count);
            isFull = number.IsError || words.Count - 3 == max;
        }

        int passed = words.Count - 3;
        if (passed < files.Count) extras.Flags |= MessageFlags.ControlTruncated;
        if (passed == 0) return 0;
        words[0] = HeadByteLength + (passed * sizeof(int));
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(words))) ? (uint)words[0] : 0;
    }
}
