using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Sockets;

/// <summary>SOCK_*: the way in which a socket delivers data. Linux: include/linux/net.h.</summary>
internal enum SocketType
{
    Stream = 1,
    Datagram = 2,
}

/// <summary>The state of a socket. Linux: TCP_CLOSE, TCP_LISTEN, TCP_ESTABLISHED, which AF_UNIX uses too.</summary>
internal enum SocketState
{
    Closed,
    Listening,
    Connected,
}

/// <summary>MSG_*: the flags for sending or receiving one message. Linux: include/linux/socket.h.</summary>
[Flags]
internal enum MessageFlags : uint
{
    None = 0,
    OutOfBand = 1,
    Peek = 2,
    ControlTruncated = 8,
    Truncated = 0x20,
    DontWait = 0x40,
    WaitAll = 0x100,
    NoSignal = 0x4000,
    WaitForOne = 0x1_0000,
    CloseOnExec = 0x4000_0000,
}

/// <summary>Numbers of the socket calls.</summary>
internal static class SocketWords
{
    public const int Unspecified = 0, Unix = 1, FamilyMax = 46;    // AF_MAX since Linux 5.15
    public const int SocketLevel = 1, RightsMessage = 1;    // SOL_SOCKET, SCM_RIGHTS

    /// <summary>SOCK_NONBLOCK and SOCK_CLOEXEC, which are O_NONBLOCK and O_CLOEXEC.</summary>
    public const FileFlags TypeFlags = FileFlags.NonBlocking | FileFlags.CloseOnExec;
}

/// <summary>The process of a socket. Linux: struct ucred.</summary>
internal readonly record struct SocketIdentity(int ProcessId, uint User, uint Group)
{
    /// <summary>The identity of a peer that has not connected. Linux: cred_to_ucred without credentials.</summary>
    public static SocketIdentity None => new(0, uint.MaxValue, uint.MaxValue);

    public void Save(RecordWriter writer)
    {
        writer.Write(ProcessId);
        writer.Write(User);
        writer.Write(Group);
    }

    public static SocketIdentity Load(RecordReader reader) => new(reader.ReadNumber(), reader.ReadWord(), reader.ReadWord());

    /// <summary>Returns the identity for SO_PEERCRED.</summary>
    public static SocketIdentity AsPeer(GuestProcess process) =>
        new(process.Id, process.Credentials.EffectiveUser, process.Credentials.EffectiveGroup);
}
