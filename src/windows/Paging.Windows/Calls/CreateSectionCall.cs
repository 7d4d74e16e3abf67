using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Entries;
using Paging.Windows.Images;
using Paging.Windows.Sections;

namespace Paging.Windows.Calls;

/// <summary>Makes sections: NtCreateSection.</summary>
/// <remarks>
/// Rule 14. A section of the page file has an object of shared memory of its own; one of a file has the file's object, so that all sections
/// of the file, Linux' mappings of it, read and write see one set of pages. An image section has an
/// object of its own, whose pages are composed of the file's parts; see <see cref="ImageBacking"/>.
/// </remarks>
internal sealed class CreateSectionCall(EngineParts core, SectionTable sections)
{
    /// <summary>A section of the page file has a prototype PTE of 8 bytes for each page, all of them in 4 GB of addresses.</summary>
    private const long PageFileSectionMax = (long)(uint.MaxValue / 8) << VirtualAddress.PageShift;

    private const SectionFlags Kinds = SectionFlags.Reserve | SectionFlags.Commit | SectionFlags.Image;

    /// <summary>
    /// Executes the call. <see cref="NtStatus.ObjectNameExists"/> is a success: the handle leads to the section of that name.
    /// </summary>
    public NtStatus Execute(int owner, in SectionRequest request, out SectionHandle handle)
    {
        handle = default;
        SectionFlags kind = request.Flags & Kinds;
        // Rule 14: exactly one of them
        if (kind is not (SectionFlags.Reserve or SectionFlags.Commit or SectionFlags.Image)) return NtStatus.InvalidParameter6;
        if ((request.Flags & ~(Kinds | SectionFlags.NoCache)) != 0) return NtStatus.InvalidParameter6;    // rule 14: SEC_FILE too
        if (!IsProtectionOfSection(request.Protection)) return NtStatus.InvalidPageProtection;    // before the file's rights: section 6
        NtStatus status = CheckSize(request, kind, out long byteLength);
        if (status != NtStatus.Success) return status;

        // After all checks: a wrong argument is an error even if the name exists
        if (request.Name is { } name && sections.Find(name) is { } existing)
        {
            handle = sections.Open(existing, request.Access, owner);
            return NtStatus.ObjectNameExists;    // a success: the handle is valid
        }

        SectionObject section;
        if (kind == SectionFlags.Image) status = MakeOfImage(request, out section);
        else if (request.File is null) status = MakeOfPageFile(request, byteLength, out section);
        else status = MakeOfFile(request, byteLength, out section);
        if (status != NtStatus.Success) return status;
        if (request.Name is not null) sections.Name(section, request.Name);
        handle = sections.Open(section, request.Access, owner);
        return NtStatus.Success;
    }

    private static bool IsProtectionOfSection(PageProtection protection) =>
        protection is PageProtection.ReadOnly or PageProtection.ReadWrite
        or PageProtection.WriteCopy or PageProtection.ExecuteRead or PageProtection.ExecuteReadWrite or PageProtection.ExecuteWriteCopy;

    /// <summary>Checks the file's rights and the size, in bytes. A file may have to become longer.</summary>
    private static NtStatus CheckSize(in SectionRequest request, SectionFlags kind, out long byteLength)
    {
        byteLength = request.ByteLength;
        if (request.File is not { } file)
        {
            if (kind == SectionFlags.Image) return NtStatus.InvalidFileForSection;
            if (byteLength <= 0) return NtStatus.InvalidParameter4;    // the page file has no size of its own to take
            if (byteLength > PageFileSectionMax) return NtStatus.SectionTooBig;
            byteLength = (byteLength + VirtualAddress.OffsetMask) & ~(long)VirtualAddress.OffsetMask;
            return NtStatus.Success;
        }

        FileAccessRights needed = NeededOf(request.Protection);
        if ((request.Rights & needed) != needed) return NtStatus.AccessDenied;
        long fileLength = file.ByteLength;
        if (kind == SectionFlags.Image) return CheckImage(file, fileLength);    // its length is in its headers
        if (byteLength == 0 && fileLength == 0) return NtStatus.MappedFileSizeZero;    // ERROR_FILE_INVALID (rule 14)
        if (byteLength == 0) byteLength = fileLength;    // rule 14: 0 is the whole file
        bool mayGrow = request.Protection is PageProtection.ReadWrite or PageProtection.ExecuteReadWrite;
        return byteLength > fileLength && !mayGrow ? NtStatus.SectionTooBig : NtStatus.Success;
    }

    private static NtStatus CheckImage(GuestFile file, long fileLength)
    {
        Span<byte> magic = stackalloc byte[2];
        if (fileLength == 0) return NtStatus.InvalidFileForSection;
        bool isRead = file.Read(0, magic, out int count) == Errno.None && count == magic.Length;
        return isRead && PeImage.HasMagic(magic) ? NtStatus.Success : NtStatus.InvalidImageNotMz;
    }

    /// <summary>The rights that a section needs to its file. Windows: MmMakeFileAccess.</summary>
    private static FileAccessRights NeededOf(PageProtection protection)
    {
        FileAccessRights needed = FileAccessRights.Read;    // even for write-copy: its pages come from the file
        if (ProtectionCode.Executes(protection)) needed |= FileAccessRights.Execute;
        if (protection is PageProtection.ReadWrite or PageProtection.ExecuteReadWrite) needed |= FileAccessRights.Write;
        return needed;
    }

    private NtStatus MakeOfPageFile(in SectionRequest request, long byteLength, out SectionObject section)
    {
        section = null!;
        uint pages = (uint)(byteLength >> VirtualAddress.PageShift);
        bool reserves = (request.Flags & SectionFlags.Reserve) != 0;
        PageBitmap? committed = reserves ? PageBitmap.CreateOrNull(core.Machine.Injection, pages) : null;
        if (reserves && committed is null) return NtStatus.InsufficientResources;
        long charge = reserves ? 0 : pages;    // SEC_RESERVE is charged page by page, as it is committed
        if (!core.Machine.Commitment.TryChargeStrictly(charge)) return NtStatus.CommitmentLimit;
        FileObject file = core.Files.OpenFiles.CreateObject("pagefile", FileKind.SharedAnonymous, byteLength);
        file.AddCharge(charge);
        file.IsOfAnotherSystem = true;
        file.HolderCount = 1;
        bool isOpen = core.Files.OpenFiles.TryOpen(file, Core.FileRights.ReadWrite, Core.OpenFlags.None, out OpenFileIndex open);
        core.Files.OpenFiles.ReleaseObject(file);    // the open file holds it; without one it ends, and gives its charge back
        if (!isOpen)
        {
            committed?.Dispose();
            return NtStatus.InsufficientResources;
        }

        section = Begin(open, file, byteLength, request, request.Flags, committed);
        return NtStatus.Success;
    }

    private NtStatus MakeOfFile(in SectionRequest request, long byteLength, out SectionObject section)
    {
        section = null!;
        GuestFile guest = request.File!;
        FileObject file = guest.Object;
        if (!core.Files.OpenFiles.TryOpen(file, Core.FileRights.ReadWrite, Core.OpenFlags.None, out OpenFileIndex open))
            return NtStatus.InsufficientResources;
        if (byteLength > file.ByteLength && guest.SetLength(byteLength) != Errno.None)    // last: an error must not leave it longer
        {
            core.Files.OpenFiles.Release(open);
            return NtStatus.SectionTooBig;
        }

        SectionFlags shown = SectionFlags.File | (request.Flags & SectionFlags.NoCache);    // NtQuerySection shows no SEC_COMMIT of a file
        section = Begin(open, file, byteLength, request, shown, committed: null);
        return NtStatus.Success;
    }

    /// <summary>Takes the pages of another image section of the file if there is one; else reads the file.</summary>
    private NtStatus MakeOfImage(in SectionRequest request, out SectionObject section)
    {
        section = null!;
        GuestFile guest = request.File!;
        PeImage image;
        FileObject file;
        if (sections.FindImage(guest.Object) is { } other)
        {
            (image, file) = (other.Image!, other.File);
            file.HolderCount++;
        }
        else
        {
            NtStatus status = ReadImage(guest, out image);
            if (status != NtStatus.Success) return status;
            file = core.Files.OpenFiles.CreateObject(
                guest.Name, FileKind.Backed, image.ByteLength, new ImageBacking(image), Core.FileRights.Read);
            file.HolderCount = 1;
        }

        bool isOpen = core.Files.OpenFiles.TryOpen(file, Core.FileRights.Read, Core.OpenFlags.None, out OpenFileIndex open);
        core.Files.OpenFiles.ReleaseObject(file);
        if (!isOpen) return NtStatus.InsufficientResources;
        section = Begin(open, file, image.ByteLength, request, SectionFlags.File | SectionFlags.Image, committed: null);
        section.SetImage(image, guest.Object);
        guest.Object.HolderCount++;    // until the section ends
        return NtStatus.Success;
    }

    private static NtStatus ReadImage(Core.GuestFile guest, out PeImage image)
    {
        image = null!;
        if (guest.ByteLength > PeImage.FileByteLengthMax) return NtStatus.InvalidImageFormat;
        byte[] bytes = new byte[guest.ByteLength];
        if (guest.Read(0, bytes, out int count) != Errno.None || count != bytes.Length) return NtStatus.IoDeviceError;
        return PeImage.TryRead(bytes, out image, out _) ? NtStatus.Success : NtStatus.InvalidImageFormat;
    }

    private SectionObject Begin(
        OpenFileIndex open, FileObject file, long byteLength, in SectionRequest request, SectionFlags flags, PageBitmap? committed)
    {
        core.Files.OpenFiles[open].IsHeldByHost = true;    // a section is no descriptor of a process
        SectionObject section = sections.Take();
        section.Begin(open, file, byteLength, request.Protection, flags, committed);
        return section;
    }
}

/// <summary>The arguments for a new section.</summary>
/// <param name="Access">The rights of the handle.</param>
/// <param name="ByteLength">The size; 0 for the file's.</param>
/// <param name="Protection">The most that views may allow.</param>
/// <param name="Flags">SEC_RESERVE, SEC_COMMIT or SEC_IMAGE; with SEC_NOCACHE.</param>
/// <param name="File">The file; null for the page file.</param>
/// <param name="Rights">The rights that the file was opened with.</param>
/// <param name="Name">The name, or null.</param>
internal readonly record struct SectionRequest(
    SectionAccess Access, long ByteLength, PageProtection Protection, SectionFlags Flags, GuestFile? File, FileAccessRights Rights,
    string? Name);
