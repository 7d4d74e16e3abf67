using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Sockets;

//  ├ length ┤├ level ┤├ type ┤├ data, to a multiple of 4 ┤  ·  ·  ·      length counts the head, not the filling
/// <summary>struct cmsghdr of i386: files that go with a message. Linux: net/core/scm.c, net/compat.c.</summary>
internal static class ControlMessages
{
    private const int HeadByteLength = 12, FilesMax = 253;    // SCM_MAX_FD
    private const uint ControlByteLengthMax = 20480;    // net.core.optmem_max, 128 KiB since 6.9; older values suffice

    /// <summary>
    /// Reads a sender's messages. EINVAL if malformed, unknown, or with too many files; EBADF; ENOBUFS if too long. Linux: __scm_send.
    /// </summary>
    public static Errno Read(GuestTask task, VirtualAddress at, uint byteLength, SocketAddress? to, out OutgoingExtras extras)
    {
        extras = OutgoingExtras.ToAddress(task, to);
        if (byteLength > ControlByteLengthMax) return Errno.ENOBUFS;    // optmem_max (____sys_sendmsg)
        if (byteLength < HeadByteLength) return Errno.None;    // no header fits: CMSG_FIRSTHDR is null
        byte[] bytes = new byte[byteLength];
        if (!task.User.TryCopyFrom(at, bytes)) return Errno.EFAULT;
        List<OpenDescription> files = [];
        for (int position = 0; position + HeadByteLength <= bytes.Length;)
        {
            ReadOnlySpan<byte> rest = bytes.AsSpan(position);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length < HeadByteLength || length > rest.Length) return Errno.EINVAL;
            Errno error = ReadOne(task, rest[..(int)length], files);
            if (error != Errno.None) return error;
            position += ((int)length + 3) & ~3;    // CMSG_ALIGN, to a word of i386
        }

        extras = extras with { Files = files };
        return Errno.None;
    }

    /// <summary>
    /// Writes a receiver's messages as far as there is room; sets <see cref="MessageFlags.ControlTruncated"/> if not all fit.
    /// </summary>
    /// <returns>Bytes of the buffer that were used.</returns>
    public static uint Write(GuestTask task, IncomingExtras extras, VirtualAddress at, uint room, bool closeOnExec)
    {
        if (extras.Files is not { } files) return 0;
        if (at != VirtualAddress.Zero) return PutFiles(task, files, at, room, extras, closeOnExec);
        extras.Flags |= MessageFlags.ControlTruncated;
        extras.Forget();
        return 0;
    }

    private static Errno ReadOne(GuestTask task, ReadOnlySpan<byte> message, List<OpenDescription> files)
    {
        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(message[..(message.Length & ~3)]);
        if (words[1] != SocketWords.SocketLevel) return Errno.None;    // others are ignored (__scm_send)
        ReadOnlySpan<int> data = words[3..];
        if (words[2] != SocketWords.RightsMessage || files.Count + data.Length > FilesMax) return Errno.EINVAL;
        foreach (int number in data)
        {
            if (task.Process.Descriptors.FindRaw(new(number)) is not { } file) return Errno.EBADF;    // O_PATH ones may be sent as well
            files.Add(file);
        }

        return Errno.None;
    }

    /// <summary>Installs as many descriptors as there is room for, and releases the other files. Linux: scm_detach_fds_compat.</summary>
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

            CallResult number = task.Process.Install(file, closeOnExec);    // releases the file if there is no free number
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
