using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Paging.Architecture.Tests;

/// <summary>Decides from the types alone whether an object can change after it was made.</summary>
/// <remarks>
/// An object is immutable if all its fields, those of its base types included, are readonly and of immutable types. Arrays and collections
/// are mutable unless they are frozen or immutable ones. A delegate counts as immutable: a static lambda keeps no state of its own.
/// A field of an interface, or of a type that is not sealed, is checked by the object in it.
/// </remarks>
internal static class Immutability
{
    private static readonly HashSet<Type> Known =
    [
        typeof(string), typeof(decimal), typeof(Type), typeof(Regex), typeof(Encoding), typeof(UTF8Encoding), typeof(CultureInfo),
        typeof(Version),
        typeof(TimeSpan), typeof(DateTime), typeof(Guid), typeof(CompositeFormat),
    ];

    private static readonly HashSet<Type> KnownGeneric =
    [
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableDictionary<,>), typeof(ImmutableHashSet<>), typeof(Nullable<>),
        typeof(System.Buffers.SearchValues<>), typeof(EqualityComparer<>), typeof(Comparer<>),
        typeof(FrozenDictionary<,>.AlternateLookup<>), typeof(FrozenSet<>.AlternateLookup<>),
    ];

    /// <summary>Returns where the object in a field can change, as a path of names; null if it cannot.</summary>
    public static string? MutablePlaceIn(FieldInfo field) =>
        Find(field.FieldType, ValueOf(field, owner: null), Assemblies.NameOf(field), []);

    private static string? Find(Type declared, object? value, string path, HashSet<object> seen)
    {
        Type type = value?.GetType() ?? declared;
        if (IsImmutable(type)) return Elements(type, value, path, seen);
        if (type.IsArray) return value is Array { Length: 0 } ? null : $"{path}: an array";
        if (value is null) return null;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Lazy<>)) return null;    // assigned once, at the first use
        if (!type.IsValueType && !seen.Add(value)) return null;
        if (!type.IsValueType && type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true) return $"{path}: {type.Name}";
        return FieldsOf(type, value, path, seen);
    }

    private static string? FieldsOf(Type type, object value, string path, HashSet<object> seen)
    {
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
                | BindingFlags.DeclaredOnly))
            {
                string place = $"{path}.{field.Name}";
                // A struct in a static readonly field is a readonly variable: its fields cannot be assigned, even if declared mutable.
                if (!field.IsInitOnly && !type.IsValueType) return $"{place}: can be assigned";
                if (Find(field.FieldType, ValueOf(field, value), place, seen) is { } found) return found;
            }
        }

        return null;
    }

    /// <summary>The elements of a frozen collection are checked as well.</summary>
    private static string? Elements(Type type, object? value, string path, HashSet<object> seen)
    {
        if (value is string or Delegate or not System.Collections.IEnumerable || !type.IsGenericType) return null;
        if (type.IsValueType && type.GetProperty("IsDefault")?.GetValue(value) is true) return null;
        foreach (object? element in (System.Collections.IEnumerable)value)
        {
            if (element is not null && Find(element.GetType(), element, $"{path}[]", seen) is { } found) return found;
        }

        return null;
    }

    private static bool IsImmutable(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || type.IsFunctionPointer || type == typeof(UIntPtr)) return true;
        if (typeof(Delegate).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type)) return true;
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            if (Known.Contains(level)) return true;
            if (!level.IsGenericType) continue;
            Type open = level.GetGenericTypeDefinition();
            if (KnownGeneric.Contains(open) || open == typeof(FrozenDictionary<,>) || open == typeof(FrozenSet<>)) return true;
        }

        return false;
    }

    private static object? ValueOf(FieldInfo field, object? owner) =>
        field.FieldType.IsPointer || field.FieldType.IsByRefLike || field.DeclaringType!.ContainsGenericParameters
            ? null : field.GetValue(owner);
}
