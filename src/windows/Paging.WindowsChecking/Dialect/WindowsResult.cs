using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Windows;
using static Paging.WindowsChecking.Dialect.WindowsFieldKind;

namespace Paging.WindowsChecking.Dialect;

/// <summary>A result of a Windows call: success or the error, and the values that were written back, part by part.</summary>
internal sealed class WindowsResult(ImmutableArray<WindowsField> fields) : DialectResult
{
    private static readonly WindowsField True = new(WindowsFieldKind.Boolean, 1), False = new(WindowsFieldKind.Boolean, 0);

    /// <summary>The parts, in the order in which they print.</summary>
    public ImmutableArray<WindowsField> Fields { get; } = fields;

    /// <summary>Makes a result.</summary>
    public static ScriptResult Of(params ReadOnlySpan<WindowsField> fields) => ScriptResult.Of(new WindowsResult([.. fields]));

    /// <summary><c>TRUE</c> and the values written back, or <c>FALSE ERROR_NAME</c>.</summary>
    public static ScriptResult Boolean(Win32Error error, params ReadOnlySpan<WindowsField> written) =>
        error == Win32Error.Success ? Of([True, .. written]) : Of(False, ErrorField(error));

    /// <summary><c>0x20000000</c>, or <c>0 ERROR_NAME</c>.</summary>
    public static ScriptResult Address(Win32Error error, VirtualAddress address) =>
        error == Win32Error.Success ? Of(AddressField(address)) : Refused(0, error);

    /// <summary><c>0 ERROR_NAME</c> or <c>-1 ERROR_NAME</c>.</summary>
    public static ScriptResult Refused(int lead, Win32Error error) => Of(NumberField(lead), ErrorField(error));

    /// <summary>A success with the values written back, or the status alone.</summary>
    public static ScriptResult Status(NtStatus status, params ReadOnlySpan<WindowsField> written)
    {
        WindowsField first = new(WindowsFieldKind.Status, (long)status);
        return status is NtStatus.Success or NtStatus.ImageNotAtBase ? Of([first, .. written]) : Of(first);
    }

    /// <summary><c>ACCESS_VIOLATION read 0x20002000</c>.</summary>
    public static ScriptResult Exception(in MemoryException exception)
    {
        NtStatus code = exception.Code is NtStatus.GuardPageViolation or NtStatus.StackOverflow or NtStatus.InPageError
            ? exception.Code : NtStatus.AccessViolation;
        WindowsField kind = new(WindowsFieldKind.Exception, (long)code), intent = new(Intent, (long)exception.Intent),
            place = AddressField(exception.Address);
        return code == NtStatus.InPageError ? Of(kind, intent, place, new(WindowsFieldKind.Status, (long)exception.Reason))
            : Of(kind, intent, place);
    }

    public static WindowsField NumberField(long value) => new(Number, value);

    public static WindowsField AddressField(VirtualAddress address, string? key = null) =>
        new(WindowsFieldKind.Address, address.Value, key);

    public static WindowsField SizeField(long value, string key = "size") => new(Size, value, key);

    public static WindowsField CrcField(uint value) => new(WindowsFieldKind.Address, value, "crc32");

    public static WindowsField ProtectionField(PageProtection protection) =>
        protection == PageProtection.None ? NumberField(0) : new(Flags, (long)protection);

    public override bool Agrees(DialectResult actual)
    {
        if (actual is not WindowsResult other || Fields.Length != other.Fields.Length) return false;
        for (int i = 0; i < Fields.Length; i++)
            if (!Fields[i].Agrees(other.Fields[i])) return false;
        return true;
    }

    public override string ToString() => string.Join(' ', Fields.Select(Spell));

    /// <summary>The dialect's name of the exception with a status.</summary>
    internal static string ExceptionName(NtStatus status) =>
        status == NtStatus.GuardPageViolation ? "GUARD_PAGE" : status.ToHeaderName()["STATUS_".Length..];

    private static WindowsField ErrorField(Win32Error error) => error == Win32Error.GuardPageViolation
        ? new(WindowsFieldKind.Status, (long)NtStatus.GuardPageViolation) : new(Error, (long)error);

    private static string Spell(WindowsField field)
    {
        string text = field.Kind switch
        {
            WindowsFieldKind.Boolean => field.Value != 0 ? "TRUE" : "FALSE",
            Size => $"0x{field.Value:x}",
            WindowsFieldKind.Address => $"0x{field.Value:x8}",
            Error => ((Win32Error)field.Value).ToHeaderName(),
            WindowsFieldKind.Status => ((NtStatus)field.Value).ToHeaderName(),
            WindowsFieldKind.Exception => ExceptionName((NtStatus)field.Value),
            Intent => ((AccessIntent)field.Value).ToString().ToLowerInvariant(),
            Section => $"s{field.Value}",
            OpenFile => $"f{field.Value}",
            Flags => Names(WindowsArguments.Protections, field.Value),
            Memory => Names(WindowsArguments.Regions, field.Value),
            _ => field.Value.ToString(CultureInfo.InvariantCulture),
        };
        return field.Key is null ? text : $"{field.Key}={text}";
    }

    private static string Names(ConstantTable table, long value)
    {
        StringBuilder text = new();
        return table.TryAppend(text, value) ? text.ToString() : $"0x{value:x}";
    }
}
