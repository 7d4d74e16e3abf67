using System.Buffers.Binary;
using Paging.Core;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>Sets limits of a puppet through prlimit64 in the puppet itself, so that no other process needs the right to do so.</summary>
internal static class PuppetLimits
{
    internal const uint Data = 2, Stack = 3, Core = 4, LockedMemory = 8, AddressSpace = 9;
    internal const ulong Infinity = ulong.MaxValue;

    /// <summary>Changes the soft limit and leaves the hard one.</summary>
    internal static Errno Set(Puppet puppet, PuppetProcess process, uint resource, ulong soft)
    {
        uint scratch = puppet.Block.Layout.Scratch;
        Errno asked = puppet.Try(process, I386Call.Prlimit, 0, resource, 0, scratch);
        if (asked != Errno.None) return asked;
        BinaryPrimitives.WriteUInt64LittleEndian(puppet.Block.Scratch, soft);    // struct rlimit64: soft, hard
        return puppet.Try(process, I386Call.Prlimit, 0, resource, scratch, 0);
    }

    /// <summary>The name that limits(5) gives it.</summary>
    internal static string NameOf(uint resource) => resource switch
    {
        Data => "RLIMIT_DATA",
        Stack => "RLIMIT_STACK",
        Core => "RLIMIT_CORE",
        LockedMemory => "RLIMIT_MEMLOCK",
        _ => "RLIMIT_AS",
    };

    /// <summary>The scenario's limit in the form for the kernel: the kernel counts the block, the scenario does not.</summary>
    internal static ulong WithBlock(ulong limit, PuppetLayout layout) =>
        limit > Infinity - layout.ByteLength ? Infinity : limit + layout.ByteLength;
}
