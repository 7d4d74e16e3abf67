namespace Paging.Guest.Abi;

/// <summary>POLL*, which are EPOLL*, too. Linux: include/uapi/asm-generic/poll.h.</summary>
internal static class PollEvents
{
    public const int In = 1, Priority = 2, Out = 4, Error = 8, HangUp = 16, Invalid = 32, ReadNormal = 0x40, ReadBand = 0x80, WriteNormal =
        0x100, WriteBand = 0x200, Message = 0x400, ReadHangUp = 0x2000;

    // Most files report two events for each side; eventfd and its kin report In or Out alone.

    public const int Readable = In | ReadNormal, Writable = Out | WriteNormal;
}
