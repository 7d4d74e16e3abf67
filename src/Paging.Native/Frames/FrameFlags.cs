namespace Paging.Native.Frames;

/// <summary>One byte of flags of a frame. Two bits have a meaning here; the frame's owner defines the others.</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The first frame of a free block that is in a list of the allocator.</summary>
    BuddyHead = 1 << 0,

    /// <summary>In a list that links frames through their descriptors. Such a frame is not freed (B7).</summary>
    OnList = 1 << 1,

    /// <summary>For the owner's use.</summary>
    Owner1 = 1 << 2,

    /// <summary>For the owner's use.</summary>
    Owner2 = 1 << 3,

    /// <summary>For the owner's use.</summary>
    Owner3 = 1 << 4,

    /// <summary>For the owner's use.</summary>
    Owner4 = 1 << 5,

    /// <summary>For the owner's use.</summary>
    Owner5 = 1 << 6,

    /// <summary>For the owner's use.</summary>
    Owner6 = 1 << 7,
}
