namespace Paging.Core.Tests;

/// <summary>Punches holes by fallocate(2), whose flags for it are always the same two.</summary>
internal static class Holes
{
    private const AllocationFlags Punch = AllocationFlags.PunchHole | AllocationFlags.KeepSize;

    public static Errno PunchHole(this ProcessDescriptors files, int descriptor, long offset, long byteLength) =>
        files.Allocate(descriptor, Punch, offset, byteLength);

    public static Errno PunchHole(this OpenFileDescription file, long offset, long byteLength) => file.Allocate(Punch, offset, byteLength);
}
