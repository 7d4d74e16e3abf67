using System.CommandLine;
using System.Globalization;
using Paging.Native;
using Paging.Pictures;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary><c>paging walk IMAGE</c>: the page tables in a memory image of a 32-bit machine.</summary>
internal sealed class WalkCommand(TextWriter output, TextWriter errors)
{
    private const string Name = "paging walk";
    private const int FrameLinesMax = 20;    // also of candidates

    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "Raw memory (QEMU's pmemsave), or an ELF core file of a machine (QEMU's dump-guest-memory, kdump).",
    };

    private readonly Option<ulong?> _cr3 = Hexadecimal("--cr3",
        "Physical address of the page directory [default: QEMU's note in an ELF file].");
    private readonly Option<TableFormat> _tables = CommandOption.Tables(
        "Page table format: classic or pae [default: QEMU's note; else pae if --cr3 is no multiple of 1000 or names four pointers].");
    private readonly Option<bool> _tlb = CommandOption.Flag("--tlb", "Print each present page, as QEMU's \"info tlb\" does.");
    private readonly Option<bool> _mem = CommandOption.Flag("--mem", "Print the ranges, as QEMU's \"info mem\" does.");
    private readonly Option<bool> _frames = CommandOption.Flag("--frames", "Print which frames are mapped how often.");
    private readonly Option<bool> _find = CommandOption.Flag("--find", "Find page directories, the most likely first, and print why.");
    private readonly Option<string[]> _translate = new("--translate")
    {
        Description = "Print the entries that lead to an address, in hexadecimal.",
        HelpName = "ADDRESS",
    };

    private readonly Option<string> _extract = CommandOption.Text("--extract", "START-END",
        "Write the bytes of a range of virtual addresses to --out; pages that are absent are zeros.");
    private readonly Option<string> _out = CommandOption.OutputFile("--out", "FILE", "With --extract: the file.");
    private readonly Option<ImageSystem> _absent = CommandOption.Choice("--absent",
        "Print the entries without P, as Linux or Windows reads them: swap, transition, prototypes.",
        ImageSystem.Linux, ImageSystem.Windows);
    private readonly Option<string[]> _swap = new("--swap")
    {
        Description = "A swap file or partition of Linux, for --extract, --translate and the counts; several in swapon's order.",
        HelpName = "FILE",
    };

    private readonly Option<string> _draw = CommandOption.OutputFile("--draw", "FILE.svg",
        "Draw the address space, the frames and the page tables; with --translate, the way to each address.");
    private readonly Option<string[]> _beside = new("--beside")
    {
        Description = "With --draw: another page directory, whose space is drawn beside the first; at most two.",
        HelpName = "ADDRESS",
    };

    private readonly Option<string> _pages = CommandOption.Text("--pages", "START-END",
        "With --draw: up to 64 pages whose frames are drawn, of two spaces if there is --beside.");

    /// <summary>The command for the parser.</summary>
    public Command Build()
    {
        Command command = new("walk", "Walk the page tables in a memory image of a 32-bit x86 machine.");
        command.Arguments.Add(_image);
        foreach (Option option in (Option[])[_cr3, _tables, _tlb, _mem, _translate, _extract, _out, _frames, _absent, _swap, _find,
            _draw, _beside, _pages])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if ((result.GetResult(_extract) is null) != (result.GetResult(_out) is null))
                result.AddError("--extract START-END and --out FILE belong together");
            if (result.GetResult(_swap) is not null && result.GetValue(_absent) == ImageSystem.Windows)
                result.AddError("--swap is of Linux, not for --absent windows");
            if (result.GetResult(_swap) is not null && result.GetValue(_find)) result.AddError("--swap is not for --find");
            if (result.GetResult(_draw) is null && (result.GetResult(_beside) ?? result.GetResult(_pages)) is { } alone)
                result.AddError($"{((System.CommandLine.Parsing.OptionResult)alone).Option.Name} needs --draw FILE.svg");
        });
        command.SetAction(Execute);
        return command;
    }

    private int Execute(ParseResult result)
    {
        string path = result.GetValue(_image)!;
        try
        {
            using MemoryImage image = MemoryImage.Open(path);
            return result.GetValue(_find) ? Find(image, path, result) : Walk(image, path, result);
        }
        catch (ImageFormatException refusal)
        {
            return Refusal.Report(errors, $"{path}: {refusal.Message}");
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            return Refusal.Report(errors, UserFiles.Explain(path, failure));
        }
    }

    private int Walk(MemoryImage image, string path, ParseResult result)
    {
        if ((result.GetValue(_cr3) is { } given ? new PhysicalAddress(given) : image.Registers?.Cr3) is not { } cr3)
            return Refusal.Report(errors, $"{Name}: {path} does not say where its page directory is: --cr3 ADDRESS, or --find");
        if (RefusalOf(image, result) is { } reason) return Refusal.Report(errors, $"{Name}: {path} {reason}");
        if (!image.Has(cr3)) return Refusal.Report(errors, $"{Name}: {path} has no memory at {Hex(cr3.Value)} (--cr3)");
        List<LinuxSwapFile> swap = [];
        try
        {
            if (OpenSwap(result, swap) is { } refusal) return Refusal.Report(errors, refusal);
            ImageTables tables = new(image, cr3, FormatOf(image, cr3, result), image.Registers?.HasLargePages ?? true) { SwapFiles = swap };
            return Walk(image, cr3, tables, path, result);
        }
        finally
        {
            foreach (LinuxSwapFile file in swap) file.Dispose();
        }
    }

    /// <summary>Opens the swap areas. Returns the reason if one cannot be.</summary>
    private string? OpenSwap(ParseResult result, List<LinuxSwapFile> files)
    {
        foreach (string path in result.GetValue(_swap) ?? [])
        {
            try
            {
                files.Add(LinuxSwapFile.Open(path));
            }
            catch (ImageFormatException refusal)
            {
                return $"{path}: {refusal.Message}";
            }
            catch (Exception failure) when (UserFiles.IsRefusal(failure))
            {
                return UserFiles.Explain(path, failure);
            }
        }

        return null;
    }

    private int Walk(MemoryImage image, PhysicalAddress cr3, ImageTables tables, string path, ParseResult result)
    {
        ImageSystem system = tables.SwapFiles.Count > 0 ? ImageSystem.Linux : result.GetValue(_absent);
        if (result.GetValue(_draw) is { } picture) return Draw(image, cr3, result, picture);
        if (result.GetValue(_tlb)) return Print(QemuText.TranslationLines(tables));
        if (result.GetValue(_mem)) return Print(QemuText.RangeLines(tables));
        if (result.GetValue(_translate) is { Length: > 0 } addresses) return Translate(path, tables, addresses, system);
        if (result.GetValue(_extract) is { } range) return Extract(tables, range, result.GetValue(_out)!);
        if (result.GetValue(_frames)) return PrintFrames(image, tables);
        if (result.GetResult(_absent) is not null) return PrintAbsent(tables, result.GetValue(_absent));
        return Summarize(image, tables, cr3);
    }

    /// <summary>
    /// Returns why the tables of an image are not walked: its header says that the processor did not, or not with these formats; null
    /// otherwise, and if the user names the directory.
    /// </summary>
    private string? RefusalOf(MemoryImage image, ParseResult result)
    {
        bool hasDirectory = result.GetValue(_cr3) is not null || result.GetValue(_find), hasFormat = result.GetResult(_tables) is not null;
        if (!(hasDirectory && hasFormat) && (image.IsOfLongMode || image.Registers is { Is64BitCode: true }))
        {
            return "is of a machine in long mode, whose tables have four levels, which are not read; "
                + "--cr3 ADDRESS --tables FORMAT walks the directory of a 32-bit machine in it";
        }

        return hasDirectory || image.Registers is not { IsPaging: false } registers ? null
            : $"is of a processor without paging (CR0 {Hex(registers.Cr0)}); --cr3 ADDRESS walks a directory all the same";
    }

    /// <summary>Chooses the format: what was asked for, what QEMU's note says, or what the table looks like.</summary>
    private TableFormat FormatOf(MemoryImage image, PhysicalAddress cr3, ParseResult result)
    {
        if (result.GetResult(_tables) is not null) return result.GetValue(_tables);
        if (image.Registers is { } registers) return registers.IsPae ? TableFormat.Pae : TableFormat.Classic;
        if ((cr3.Value & 0xFE0) != 0) return TableFormat.Pae;
        Span<byte> bytes = stackalloc byte[4 * sizeof(ulong)];
        image.Read(cr3, bytes);
        int pointers = 0;
        foreach (ulong pointer in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            if (pointer == 0) continue;
            if ((pointer & 1) == 0 || (pointer & 0x1C6) != 0) return TableFormat.Classic;
            if (!image.Has(new(pointer & 0x000F_FFFF_FFFF_F000))) return TableFormat.Classic;
            pointers++;
        }

        return pointers >= 2 ? TableFormat.Pae : TableFormat.Classic;
    }

    private int Print(IEnumerable<string> lines)
    {
        foreach (string line in lines) output.Write($"{line}\n");
        return ExitCode.Agreement;
    }

    private int Translate(string path, ImageTables tables, string[] addresses, ImageSystem system)
    {
        int code = ExitCode.Agreement;
        foreach (string text in addresses)
        {
            if (!TryAddress(text, out VirtualAddress address)) return RefuseAddress("--translate", text);
            IReadOnlyList<ImageStep> steps = tables.Walk(address, out ImageEntry? mapping);
            int width = tables.IsPae ? 16 : 8;
            foreach (ImageStep step in steps)
            {
                string word = step.IsThere ? step.Word.ToString($"x{width}", CultureInfo.InvariantCulture) : "not in the file";
                output.Write($"{step.Name,-5} {step.Index,4} of the table at {Hex(step.Table.Value)}: {word}\n");
            }

            if (mapping is { } entry)
                output.Write($"{address} is at {Hex(entry.Physical.Value + (address.Value - entry.Address.Value))}\n");
            else if (!steps[^1].IsThere)
            {
                code = Refusal.Report(errors,
                    $"{Name}: {path} has no memory at {Hex(steps[^1].Place.Value)}, the {steps[^1].Name} of {address}");
            }
            else if (steps[^1].Word == 0) output.Write($"{address} is not mapped\n");
            else
            {
                string inFile = tables.IsInSwap(steps[^1].Word) ? ", in the swap file" : "";
                output.Write($"{address} is not present: {AbsentWord.Describe(steps[^1].Word, system, tables.IsPae)}{inFile}\n");
            }
        }

        return code;
    }

    private int Extract(ImageTables tables, string range, string file)
    {
        if (!TryRange(range, out VirtualAddress start, out VirtualAddress end))
            return Refusal.Report(errors, $"{Name}: --extract is START-END in hexadecimal, not '{range}'");
        try
        {
            using FileStream stream = new(file, FileMode.Create, FileAccess.Write);
            byte[] bytes = new byte[1 << 20];
            long found = 0, whole = end.Value - (long)start.Value;
            for (long done = 0; done < whole; done += bytes.Length)
            {
                Span<byte> part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, whole - done));
                found += tables.Read(start + (uint)done, part);
                stream.Write(part);
            }

            string swapped = tables.SwapFiles.Count > 0 ? $", {tables.SwappedByteCount} in swap" : "";
            output.Write($"{found - tables.SwappedByteCount} of {whole} bytes are in memory{swapped}: {file}\n");
            return ExitCode.Agreement;
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            return Refusal.Report(errors, $"{file}: cannot be written: {UserFiles.ReasonOf(failure, file)}");
        }
    }

    private int Draw(MemoryImage image, PhysicalAddress cr3, ParseResult result, string file)
    {
        List<ImageSpace> spaces = [new(image, cr3, FormatOf(image, cr3, result))];
        foreach (string text in result.GetValue(_beside) ?? [])
        {
            if (!TryAddress(text, out VirtualAddress other)) return RefuseAddress("--beside", text);
            if (!image.Has(new(other.Value))) return Refusal.Report(errors, $"{Name}: the image has no memory at {text} (--beside)");
            spaces.Add(new(image, new(other.Value), FormatOf(image, new(other.Value), result)));
        }

        if (spaces.Count > 3) return Refusal.Report(errors, $"{Name}: --beside is there twice at most");
        List<VirtualAddress> addresses = [];
        foreach (string text in result.GetValue(_translate) ?? [])
        {
            if (!TryAddress(text, out VirtualAddress address)) return RefuseAddress("--translate", text);
            addresses.Add(address);
        }

        PageRange? pages = null;
        if (result.GetValue(_pages) is { } range)
        {
            if (!TryRange(range, out VirtualAddress start, out VirtualAddress end))
                return Refusal.Report(errors, $"{Name}: --pages is START-END in hexadecimal, not '{range}'");
            uint count = (end - 1).Page.Value - start.Page.Value + 1;
            if (count > ImagePagesFigure.PageCountMax)
                return Refusal.Report(errors, $"{Name}: --pages is at most {ImagePagesFigure.PageCountMax} pages, not {count}");
            pages = new(start.Page, new(count));
        }

        IReadOnlyList<Figure> figures = ImageDrawing.Draw(image, spaces, pages, addresses);
        if (!UserFiles.TryWrite(file, Figure.ToFile(figures), out string? refusal)) return Refusal.Report(errors, refusal!);
        output.Write($"{file}: {figures.Count} pictures\n");
        return ExitCode.Agreement;
    }

    private int RefuseAddress(string option, string text) =>
        Refusal.Report(errors, $"{Name}: {option} is an address in hexadecimal, not '{text}'");

    private int PrintFrames(MemoryImage image, ImageTables tables)
    {
        Dictionary<ulong, (int Count, uint First)> frames = [];
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            for (uint into = 0; into < entry.ByteLength; into += 0x1000)
            {
                ulong frame = (entry.Physical.Value + into) >> 12;
                (int count, uint first) = frames.GetValueOrDefault(frame, (0, entry.Address.Value + into));
                frames[frame] = (count + 1, first);
            }
        }

        foreach (IGrouping<int, KeyValuePair<ulong, (int Count, uint First)>> times in frames.GroupBy(static frame => frame.Value.Count)
            .OrderBy(static times => times.Key))
            output.Write($"{times.Count(),9} frames are mapped {(times.Key == 1 ? "once" : $"{times.Key} times")}\n");
        output.Write($"{frames.Keys.Count(frame => !image.Has(new(frame << 12))),9} of them are not in the image\n");
        foreach ((ulong frame, (int count, uint first)) in frames.Where(static frame => frame.Value.Count > 1)
            .OrderByDescending(static frame => frame.Value.Count).ThenBy(static frame => frame.Key).Take(FrameLinesMax))
            output.Write($"frame {Hex(frame)}: {count} times, first at {first:x8}\n");
        return ExitCode.Agreement;
    }

    private int PrintAbsent(ImageTables tables, ImageSystem system)
    {
        foreach (ImageEntry entry in tables.Entries())
        {
            if (entry.IsPresent) continue;
            string word = entry.Word.ToString(tables.IsPae ? "x16" : "x8", CultureInfo.InvariantCulture);
            output.Write($"{entry.Address.Value:x8}: {word} {AbsentWord.Describe(entry.Word, system, tables.IsPae)}\n");
        }

        return ExitCode.Agreement;
    }

    private int Summarize(MemoryImage image, ImageTables tables, PhysicalAddress cr3)
    {
        long user = 0, kernel = 0, large = 0, absent = 0, swapped = 0, found = 0;
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent)
            {
                absent++;
                if (AbsentWord.TryGetLinuxSlot(entry.Word, tables.IsPae, out _)) swapped++;
                if (tables.IsInSwap(entry.Word)) found++;
            }
            else if (entry.IsLarge) large++;
            else if (entry.Address.Value < 0xC000_0000) user++;
            else kernel++;
        }

        string format = tables.IsPae ? "PAE" : "classic", size = tables.IsPae ? "2 MiB" : "4 MiB";
        output.Write($"{image.ByteLength >> 20} MiB of memory in {image.Ranges.Count} part{(image.Ranges.Count == 1 ? "" : "s")}; "
            + $"{format} page tables at {Hex(cr3.Value)}, {tables.TableCount} tables below"
            + $"{(tables.MissingTableCount > 0 ? $", {tables.MissingTableCount} of them not in the file" : "")}\n");
        output.Write($"{user} pages below c0000000, {kernel} above; {large} pages of {size}; {absent} entries without P\n");
        if (tables.SwapFiles.Count > 0) output.Write($"{swapped} entries name slots of swap, {found} of them in the swap files\n");
        return Print(QemuText.RangeLines(tables));
    }

    private int Find(MemoryImage image, string path, ParseResult result)
    {
        if (RefusalOf(image, result) is { } reason) return Refusal.Report(errors, $"{Name}: {path} {reason}");
        TableFormat[] formats = result.GetResult(_tables) is not null ? [result.GetValue(_tables)]
            : image.Registers is { } registers ? [registers.IsPae ? TableFormat.Pae : TableFormat.Classic]
            : [TableFormat.Classic, TableFormat.Pae];
        IReadOnlyList<DirectoryCandidate> found = new DirectorySearch(image).Find(formats);
        foreach (DirectoryCandidate one in found.Take(FrameLinesMax))
            output.Write($"{Hex(one.Cr3.Value)}  {(one.Format == TableFormat.Pae ? "pae    " : "classic")}  {one.Reasons}\n");
        if (found.Count > FrameLinesMax) output.Write($"and {found.Count - FrameLinesMax} with no better reasons\n");
        if (found.Count > 0) return ExitCode.Agreement;
        errors.Write($"{Name}: {path} has no page directory of a 32-bit machine whose tables and pages are in the file; --cr3 walks any\n");
        return ExitCode.Difference;
    }

    private static string Hex(ulong number) => number.ToString("x8", CultureInfo.InvariantCulture);

    private static bool TryRange(string text, out VirtualAddress start, out VirtualAddress end)
    {
        string[] parts = text.Split('-');
        start = end = default;
        return parts.Length == 2 && TryAddress(parts[0], out start) && TryAddress(parts[1], out end) && end > start;
    }

    private static bool TryAddress(string text, out VirtualAddress address)
    {
        ReadOnlySpan<char> digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        bool isNumber = uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value);
        address = new(value);
        return isNumber;
    }

    private static Option<ulong?> Hexadecimal(string name, string description) =>
        CommandOption.Parsed<ulong?>(name, "ADDRESS", description, result =>
        {
            if (TryAddress(result.Tokens[0].Value, out VirtualAddress value)) return value.Value;
            result.AddError($"{name} is an address in hexadecimal, not '{result.Tokens[0].Value}'");
            return null;
        });
}
