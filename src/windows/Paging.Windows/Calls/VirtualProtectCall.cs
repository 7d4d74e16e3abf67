using Paging.Native;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Calls;

/// <summary>Changes the protection of committed pages: NtProtectVirtualMemory.</summary>
/// <remarks><code>
/// Checks in order   protection → size → inside one allocation → write-copy of private memory → committed → rights of the view
/// </code>
/// Linux' mprotect goes over many areas and changes those before a hole; this changes nothing unless it can change everything.
/// </remarks>
internal sealed class VirtualProtectCall(PageStates states, CommitCall commit)
{
    public NtStatus Execute(
        WindowsSpace space, ref VirtualAddress address, ref uint byteLength, PageProtection protection, out PageProtection old)
    {
        old = PageProtection.None;
        if (!ProtectionCode.TryFrom(protection, out ProtectionCode code)) return NtStatus.InvalidPageProtection;    // first: section 6
        if (byteLength == 0) return NtStatus.InvalidParameter3;    // rule 10
        if (address.Page >= space.User.Probe) return NtStatus.InvalidParameter2;
        if ((ulong)address.Value + byteLength > space.User.Probe.Address.Value) return NtStatus.InvalidParameter3;
        _ = PageSpan.TryCover(address, byteLength, out PageRange range);
        VadIndex index = space.Vads.Covering(range.First);
        if (index.IsNone || space.Vads[index].End < range.End || space.Vads[index].Flags.IsNoChange) return NtStatus.ConflictingAddresses;
        ref Vad vad = ref space.Vads[index];
        if (vad.Flags.Type == VadType.Image) code = code.ForImage();    // a store goes to a copy
        if (vad.View == 0 && code.IsWriteCopy) return NtStatus.InvalidPageProtection;    // rule 9: no page to copy from
        if (states.FirstUncommitted(space, vad, range) != range.End) return NtStatus.NotCommitted;    // all or nothing (rule 10)
        if (vad.View != 0 && !code.IsContainedIn(vad.Flags.Protection)) return NtStatus.SectionProtection;

        // The old value is that of the first page only, however many there are (VirtualProtect)
        PageState before = states.Of(vad, range.First, WindowsEntry.From(space.Space.Tables.Read(range.First)));
        NtStatus status = commit.Protect(space, ref vad, range, code);
        if (status != NtStatus.Success) return status;
        old = QueryCall.Show(vad, before.Protection);
        (address, byteLength) = (range.First.Address, (uint)range.Count.Bytes);
        return NtStatus.Success;
    }
}
