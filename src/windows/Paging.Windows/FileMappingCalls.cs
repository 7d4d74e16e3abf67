using Paging.Core.Files;
using Paging.Native;
using Paging.Windows.Calls;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows;

/// <summary>The section calls of kernel32. Each returns the last error; success leaves it 0.</summary>
public sealed class FileMappingCalls
{
    private const SectionFlags AllFlags = SectionFlags.File | SectionFlags.Image | SectionFlags.Reserve | SectionFlags.Commit
        | SectionFlags.NoCache;

    private readonly WindowsProcess _process;
    private readonly WindowsParts _parts;

    internal FileMappingCalls(WindowsProcess process, WindowsParts parts) => (_process, _parts) = (process, parts);

    /// <summary>CreateFileMapping: memory that can be mapped, of a file or of the page file. Linux: memfd_create, shm_open.</summary>
    /// <param name="file">The file; null for the page file.</param>
    /// <param name="protection">The most that views may allow.</param>
    /// <param name="flags">SEC_*; none means SEC_COMMIT.</param>
    /// <param name="byteLength">The size; 0 for the file's.</param>
    /// <param name="name">The name, or null.</param>
    /// <param name="handle">The handle; also with ERROR_ALREADY_EXISTS, which is a success.</param>
    /// <returns>ERROR_ALREADY_EXISTS, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED (the file's rights), ERROR_FILE_INVALID (it is empty),
    /// ERROR_NOT_ENOUGH_MEMORY (longer than the file), ERROR_BAD_EXE_FORMAT, ERROR_COMMITMENT_LIMIT.</returns>
    public Win32Error CreateFileMapping(
        WindowsFile? file, PageProtection protection, SectionFlags flags, long byteLength, string? name, out SectionHandle handle)
    {
        int owner = _process.Enter().Space.ProcessId;
        if (file?.IsOf(_process.Machine) == false) throw new ArgumentException("The file belongs to another machine.", nameof(file));
        SectionAccess access = SectionAccess.Query | SectionAccess.MapRead;
        if (protection is PageProtection.ReadWrite or PageProtection.ExecuteReadWrite) access |= SectionAccess.MapWrite;
        if (Entries.ProtectionCode.Executes(protection)) access |= SectionAccess.MapExecute;
        SectionFlags kind = (flags & AllFlags) == 0 ? flags | SectionFlags.Commit : flags;    // rule 14
        SectionRequest request = new(access, byteLength, protection, kind, file?.File, file?.Rights ?? default, name);
        return _process.Leave(_parts.Calls.CreateSection.Execute(owner, request, out handle)).ToWin32Error();
    }

    /// <summary>OpenFileMapping: a handle to the section of a name. Linux: shm_open.</summary>
    /// <returns>ERROR_FILE_NOT_FOUND: no section has the name.</returns>
    public Win32Error OpenFileMapping(SectionAccess access, string name, out SectionHandle handle)
    {
        ArgumentNullException.ThrowIfNull(name);
        int owner = _process.Enter().Space.ProcessId;
        handle = default;
        if (_parts.Sections.Find(name) is not { } section) return Win32Error.FileNotFound;
        if (access == SectionAccess.Query) access = SectionAccess.MapRead;    // FILE_MAP_COPY
        handle = _parts.Sections.Open(section, access, owner);
        return Win32Error.Success;
    }

    /// <summary>
    /// DuplicateHandle: another handle to a section, with rights of its own, for this process or another one. Linux: dup.
    /// </summary>
    /// <param name="source">A handle of this process.</param>
    /// <param name="target">The process that gets the new handle.</param>
    /// <param name="access">The rights; null for those of the source (DUPLICATE_SAME_ACCESS).</param>
    /// <param name="handle">The new handle.</param>
    /// <returns>ERROR_INVALID_HANDLE.</returns>
    public Win32Error DuplicateHandle(SectionHandle source, WindowsProcess target, SectionAccess? access, out SectionHandle handle)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Machine != _process.Machine) throw new ArgumentException("The process belongs to another machine.", nameof(target));
        int owner = _process.Enter().Space.ProcessId;
        handle = default;
        if (!_parts.Sections.TryFind(source, owner, out SectionObject section, out SectionAccess rights)) return Win32Error.InvalidHandle;
        handle = _parts.Sections.Open(section, access ?? rights, target.Enter().Space.ProcessId);
        return Win32Error.Success;
    }

    /// <summary>CloseHandle: the section lives on while it has another handle or a view; its name does not. Linux: close.</summary>
    /// <returns>ERROR_INVALID_HANDLE.</returns>
    public Win32Error CloseHandle(SectionHandle handle)
    {
        bool isClosed = _parts.Sections.TryClose(handle, _process.Enter().Space.ProcessId);
        _ = _process.Leave(NtStatus.Success);
        return isClosed ? Win32Error.Success : Win32Error.InvalidHandle;
    }

    /// <summary>MapViewOfFileEx, and MapViewOfFile with the address 0. Linux: mmap.</summary>
    /// <param name="handle">The section.</param>
    /// <param name="access">FILE_MAP_*.</param>
    /// <param name="offset">The offset in the section, a multiple of 64 KB.</param>
    /// <param name="byteLength">The length in bytes; 0 for everything from the offset on.</param>
    /// <param name="address">The address: a multiple of 64 KB, or 0 for the system's choice.</param>
    /// <param name="result">The view's first address.</param>
    /// <returns>ERROR_ACCESS_DENIED (rights, or beyond the section), ERROR_MAPPED_ALIGNMENT, ERROR_INVALID_ADDRESS (taken),
    /// ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_HANDLE, ERROR_COMMITMENT_LIMIT.</returns>
    public Win32Error MapViewOfFileEx(
        SectionHandle handle, SectionAccess access, long offset, uint byteLength, VirtualAddress address, out VirtualAddress result)
    {
        ViewRequest request = new()
        {
            Address = address,
            Offset = offset,
            ByteLength = byteLength,
            Protection = ViewRequest.ProtectionOf(access),
            IsWin32 = true,
        };
        NtStatus status = _process.Leave(_parts.Calls.MapView.Map(_process.Enter(), handle, request, out PageRange range));
        result = status.IsSuccess() ? range.First.Address : default;
        return status.ToWin32Error();
    }

    /// <summary>UnmapViewOfFile: unmaps the view that has an address. Linux: munmap of the whole area.</summary>
    /// <returns>ERROR_INVALID_ADDRESS: no view has it.</returns>
    public Win32Error UnmapViewOfFile(VirtualAddress address) => _process.Native.NtUnmapViewOfSection(address).ToWin32Error();

    /// <summary>FlushViewOfFile: writes the dirty pages of a part of a view to its file. Linux: msync.</summary>
    /// <param name="address">An address inside a view.</param>
    /// <param name="byteLength">The length in bytes; 0 to the end of the view.</param>
    /// <returns>ERROR_INVALID_ADDRESS: not inside one view. ERROR_IO_DEVICE: the file could not be written.</returns>
    public Win32Error FlushViewOfFile(VirtualAddress address, uint byteLength)
    {
        WindowsSpace space = _process.Enter();
        VadIndex index = space.Vads.Covering(address.Page);
        if (index.IsNone || space.Vads[index].View == 0 || space.Vads[index].Flags.IsNoChange) return Win32Error.InvalidAddress;
        ref Vad vad = ref space.Vads[index];
        PageRange range = PageRange.Between(address.Page, vad.End);
        bool isInside = byteLength == 0 || (PageSpan.TryCover(address, byteLength, out range) && range.End <= vad.End);
        if (!isInside) return Win32Error.InvalidAddress;
        FileObject file = _parts.States.SectionOf(vad).File;
        if (file.IsMemory) return Win32Error.Success;    // the page file's sections have nothing to write to
        FilePageRange pages = FilePageRange.Of(_parts.States.SectionPage(vad, range.First), range.Count.Value);
        bool isWritten = _parts.Core.Files.Writeback.WriteAll(file, pages);
        return _process.Leave(isWritten ? NtStatus.Success : NtStatus.IoDeviceError).ToWin32Error();
    }
}
