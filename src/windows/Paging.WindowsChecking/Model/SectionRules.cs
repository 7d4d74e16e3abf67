using static Paging.WindowsChecking.Model.ModelWords;

namespace Paging.WindowsChecking.Model;

/// <summary>Rules 14 to 16 and 19 to 20: sections, handles and views.</summary>
internal static class SectionRules
{
    private const uint Query = 1, MapWrite = 2, MapRead = 4, MapExecute = 8, Explicit = 0x20;

    /// <summary>Checks the attributes of a section, and makes it.</summary>
    public static string Make(
        List<ModelSection> sections, ModelOpenFile? file, long size, uint protection, uint flags, out ModelSection? section)
    {
        section = null;
        uint kind = flags & (SecReserve | SecCommit | SecImage);
        if (kind is not (SecReserve or SecCommit or SecImage) || (flags & ~(kind | SecNoCache)) != 0) return BadParameter;
        if (protection is not (ReadOnly or ReadWrite or WriteCopy or ExecuteRead or ExecuteReadWrite or ExecuteWriteCopy))
            return "STATUS_INVALID_PAGE_PROTECTION";
        if (file is null)
        {
            if (kind == SecImage) return "STATUS_INVALID_FILE_FOR_SECTION";
            if (size <= 0) return BadParameter;
            size = (size + 0xFFF) / 0x1000 * 0x1000;
            section = new() { File = new() { Length = size }, Length = size, Protection = protection, Flags = flags };
            if (kind == SecReserve) section.Committed = [];
            return Success;
        }

        bool writes = protection is ReadWrite or ExecuteReadWrite;
        uint needed = 0x8000_0000 | (writes ? 0x4000_0000u : 0) | (MayExecute(protection) ? 0x2000_0000u : 0);
        if ((file.Access & needed) != needed) return "STATUS_ACCESS_DENIED";
        if (kind == SecImage) return MakeImage(sections, file.File, protection, out section);
        if (size == 0 && file.File.Length == 0) return "STATUS_MAPPED_FILE_SIZE_ZERO";
        if (size == 0) size = file.File.Length;
        if (size > file.File.Length && !writes) return "STATUS_SECTION_TOO_BIG";
        if (size > file.File.Length) file.File.SetLength(size);
        section = new()
        {
            File = file.File,
            Length = size,
            Protection = protection,
            Flags = SecFile | (flags & SecNoCache),
            IsOfFile = true,
        };
        return Success;
    }

    /// <summary>Makes an image section. Shares the pages of an existing one of the file, even if the file has changed.</summary>
    private static string MakeImage(List<ModelSection> sections, ModelFile file, uint protection, out ModelSection? section)
    {
        section = null;
        if (file.Length == 0) return "STATUS_INVALID_FILE_FOR_SECTION";
        if (file.Length < 2 || file[0] != 'M' || file[1] != 'Z') return "STATUS_INVALID_IMAGE_NOT_MZ";
        ModelImage? image = sections.Find(one => one.IsAlive && one.ImageFile == file)?.Image ?? ModelImage.Read(file);
        if (image is null) return BadImage;
        section = new()
        {
            File = image.Contents,
            Length = image.Contents.Length,
            Protection = protection,
            Flags = SecFile | SecImage,
            IsOfFile = true,
            Image = image,
            ImageFile = file,
        };
        return Success;
    }

    /// <summary>The rights of the handle that CreateFileMapping gives.</summary>
    public static uint AccessOf(uint protection) => Query | MapRead | (protection is ReadWrite or ExecuteReadWrite ? MapWrite : 0)
        | (MayExecute(protection) ? MapExecute : 0);

    /// <summary>Rule 16.</summary>
    public static uint ProtectionOf(uint access)
    {
        uint value = (access & 0xF) == 1 ? WriteCopy : (access & 2) != 0 ? ReadWrite : (access & 4) != 0 ? ReadOnly : NoAccess;
        return (access & Explicit) == 0 ? value : value switch
        {
            WriteCopy => ExecuteWriteCopy,
            ReadWrite => ExecuteReadWrite,
            ReadOnly => ExecuteRead,
            _ => value,
        };
    }

    /// <summary>Maps a view.</summary>
    public static string Map(WindowsModelProcess process, ModelHandle? handle, in ModelViewRequest request, out ModelAllocation? view)
    {
        view = null;
        uint limit = request.ZeroBits == 0
            ? WindowsModelProcess.HighestEnd << 12 : (uint)Math.Min(0x7FFE_0000, 1ul << (int)(32 - request.ZeroBits));
        if (request.ZeroBits > 21) return BadParameter;
        bool isOutside = (ulong)request.Address + request.Size > 0x7FFE_0000
            || (request.Address != 0 && (ulong)request.Address + Math.Max(request.Size, 1) > limit);
        if (isOutside || (request.Types & ~(TopDown | RoundToPage)) != 0) return BadParameter;
        if (!IsProtection(request.Protection)) return "STATUS_INVALID_PAGE_PROTECTION";
        if (handle is null) return "STATUS_INVALID_HANDLE";
        uint protection = request.Protection;
        uint needed = (protection & (ReadWrite | ExecuteReadWrite)) != 0 ? MapWrite : MapRead;
        if ((handle.Access & needed) == 0) return "STATUS_ACCESS_DENIED";
        if (MayExecute(protection) && (handle.Access & (MapExecute | Explicit)) == 0) return "STATUS_ACCESS_DENIED";
        if (!IsContained(protection, handle.Section.Protection))
            return request.IsWin32 ? "STATUS_ACCESS_DENIED" : "STATUS_SECTION_PROTECTION";
        uint mask = (request.Types & RoundToPage) != 0 ? 0 : 0xFFFFu;
        if ((request.Offset & 0xFFFF) != 0 || (request.Address & mask) != 0) return "STATUS_MAPPED_ALIGNMENT";
        long end = request.Size == 0 ? handle.Section.Length : request.Offset + request.Size;
        if (request.Offset >= handle.Section.Length || end > handle.Section.Length) return "STATUS_INVALID_VIEW_SIZE";
        uint count = (uint)((end - request.Offset + 0xFFF) >> 12), first = request.Address >> 12;
        if (handle.Section.Image is { } image) return MapImage(process, handle.Section, image, request, limit, out view);
        if (request.Address == 0)
        {
            if (process.Place(count, (request.Types & TopDown) != 0, limit >> 12) is not { } place) return "STATUS_NO_MEMORY";
            first = place;
        }
        else if (first < 0x10 || first + count > WindowsModelProcess.HighestEnd)
        {
            return BadParameter;
        }
        else if (!process.IsFree(first, first + count))
        {
            return Conflict;
        }

        view = Add(process, handle.Section, request, first, count);
        return Success;
    }

    /// <summary>All of an image: at its base if no address is requested and there is room, otherwise as any view.</summary>
    private static string MapImage(
        WindowsModelProcess process, ModelSection section, ModelImage image, in ModelViewRequest request, uint limit,
        out ModelAllocation? view)
    {
        view = null;
        uint count = (uint)image.Protections.Length, wanted = image.Base >> 12, first = request.Address >> 12;
        bool isAtBase = request.Address == 0 && (ulong)image.Base + (count << 12) <= limit && process.IsFree(wanted, wanted + count);
        if (isAtBase) first = wanted;
        else if (request.Address == 0)
        {
            if (process.Place(count, (request.Types & TopDown) != 0, limit >> 12) is not { } place) return "STATUS_NO_MEMORY";
            first = place;
        }
        else if (first < 0x10 || first + count > WindowsModelProcess.HighestEnd) return BadParameter;
        else if (!process.IsFree(first, first + count)) return Conflict;
        view = new() { First = first, Protection = ExecuteWriteCopy, Section = section };
        foreach (uint protection in image.Protections) view.Pages.Add(new() { Protection = protection });
        section.Views++;
        process.Add(view);
        return first == wanted ? Success : NotAtBase;
    }

    /// <summary>Rule 20.</summary>
    public static string Unmap(WindowsModelProcess process, uint address)
    {
        if (process.Find(address >> 12) is not { Section: { } section } view) return "STATUS_NOT_MAPPED_VIEW";
        process.Remove(view);
        section.Views--;
        return Success;
    }

    private static ModelAllocation Add(
        WindowsModelProcess process, ModelSection section, in ModelViewRequest request, uint first, uint count)
    {
        ModelAllocation view = new()
        {
            First = first,
            Protection = request.Protection & ~NoCache,
            IsNoCache = (section.Flags & SecNoCache) != 0,
            Section = section,
            SectionFirst = (uint)(request.Offset >> 12),
        };
        for (uint i = 0; i < count; i++) view.Pages.Add(new());
        for (uint i = 0; i < Math.Min(count, (request.CommitSize + 0xFFF) >> 12); i++) section.Committed?.Add(view.SectionFirst + i);
        section.Views++;
        process.Add(view);
        return view;
    }
}

/// <summary>The arguments of a map call.</summary>
internal readonly record struct ModelViewRequest(
    uint Address, uint ZeroBits, uint CommitSize, long Offset, uint Size, uint Types, uint Protection, bool IsWin32);
